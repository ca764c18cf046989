"""Which learner's copy a folder belongs to."""

import subprocess
import sys

import pytest

from wsdemo import course


@pytest.fixture
def copy(tmp_path):
    (tmp_path / "ours" / ".wsdemo").mkdir(parents=True)
    (tmp_path / "ours" / "javascript").mkdir()
    return tmp_path / "ours"


@pytest.mark.parametrize("inside", ["", "javascript", "not/there/yet"])
def test_a_copy_is_found_from_inside(copy, inside):
    assert course.find(copy / inside) == copy


@pytest.mark.parametrize("inside", ["", "javascript"])
def test_the_search_begins_in_the_current_folder(copy, monkeypatch, inside):
    monkeypatch.chdir(copy / inside)
    assert course.find() == copy


def test_beside_a_copy_none_is_found(copy):
    assert course.find(copy.parent) is None


def test_a_file_with_the_markers_name_marks_nothing(tmp_path):
    (tmp_path / ".wsdemo").write_text("")
    assert course.find(tmp_path) is None


def test_the_inner_of_two_copies_is_found(copy):
    inner = copy / "javascript"
    (inner / ".wsdemo").mkdir()
    assert course.find(inner) == inner


def test_finding_a_copy_imports_nothing_of_jupyter():
    program = (
        "import sys; from wsdemo import course; course.find();"
        "print([each for each in sys.modules if each.startswith(('nb', 'jupyter', 'ipy'))])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
