"""What the lessons link to is in the learner's copy."""

import re

import pytest

from wsdemo import course
from wsdemo.course.notebook import load, text

LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)")
ON_REQUEST = "solutions/"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the real lessons."""
    folder = tmp_path_factory.mktemp("copy") / "course"
    course.update(folder)
    return folder


def links(file):
    if file.suffix == ".ipynb":
        cells = load(file.read_bytes())["cells"]
        words = "\n".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    else:
        words = file.read_text("utf-8")
    return LINK.findall(words)


def test_every_link_leads_to_something_in_the_copy(copy):
    found = 0
    for file in (*copy.glob("*.ipynb"), *copy.glob("*.md")):
        for link in links(file):
            target = (file.parent / link).resolve()
            assert target.is_relative_to(copy.resolve()), (file.name, link)
            if link.startswith(ON_REQUEST):
                target = course.lessons() / link
            assert target.exists(), (file.name, link)
            found += 1
    assert found > 50


def test_the_answers_are_not_in_the_way(copy):
    assert not (copy / ON_REQUEST).exists()


def test_a_cell_reads_a_program_of_the_course_from_its_own_folder(copy):
    """Lesson 08 does, so the copy has these programs beside its lessons."""
    cells = load((copy / "08_reconnect.ipynb").read_bytes())["cells"]
    assert any('Path("javascript/' in text(cell) for cell in cells)
    assert (copy / "javascript" / "08_source.js").is_file()
