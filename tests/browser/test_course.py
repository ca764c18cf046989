"""An update of the learner's copy, after work in the real JupyterLab."""

import pytest

from tests.browser.lab import bounded, opened, run_all
from tests.course import kit
from wsdemo import course
from wsdemo.course import places
from wsdemo.course.notebook import load, text

pytestmark = pytest.mark.browser

LESSON = "00_start_here.ipynb"
WRITE = """
([place, source]) => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = place;
  content.activeCell.model.sharedModel.setSource(source);
}
"""
COMMAND = "command => window.jupyterapp.commands.execute(command)"
SPLIT = """
async ([place, line]) => {
  const {commands, shell} = window.jupyterapp;
  const {content} = shell.currentWidget;
  content.activeCellIndex = place;
  content.mode = "edit";
  await content.activeCell.ready;
  content.activeCell.editor.setCursorPosition({line, column: 0});
  await commands.execute("notebook:split-cell-at-cursor");
}
"""


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    clone = kit.publish(tmp_path / "clone")
    monkeypatch.setattr(places, "_CLONE", clone)
    return clone / "notebooks"


@pytest.fixture
def copy(lessons, jupyterlab, tmp_path):
    """A copy in the folder that JupyterLab shows."""
    folder = jupyterlab.root / tmp_path.name
    course.update(folder)
    return folder


def publish(lessons, title, stub, more="print(1)\nprint(2)"):
    kit.save(
        lessons / LESSON,
        kit.markdown("title", title),
        kit.code("first", "print('ready')"),
        kit.exercise("00.1", stub, name="cell-03"),
        kit.code("more", more),
        kernelspec={"name": "python3", "display_name": "Python 3", "language": "python"},
    )


def test_running_and_saving_a_lesson_changes_nothing_of_it(lessons, copy, page):
    publish(lessons, "# Old", "pass")
    course.update(copy)
    with opened(page, f"{copy.name}/{LESSON}"):
        run_all(page)
    saved = load((copy / LESSON).read_bytes())
    assert [cell.get("execution_count") for cell in saved["cells"]] == [None, 1, 2, None]
    publish(lessons, "# New", "...")
    report = course.update(copy)
    assert report.notes == []
    assert kit.cells(copy / LESSON) == kit.cells(lessons / LESSON)


def test_what_was_written_moved_and_split_stays(lessons, copy, page):
    publish(lessons, "# Old", "pass")
    course.update(copy)
    answer = kit.exercise("00.1", "return 42")["source"]
    with opened(page, f"{copy.name}/{LESSON}"):
        bounded(page, SPLIT, [3, 1])
        bounded(page, WRITE, [2, answer])
        bounded(page, COMMAND, "notebook:insert-cell-below")
        bounded(page, WRITE, [3, "mine"])
        bounded(page, WRITE, [0, "# Old"])
        bounded(page, COMMAND, "notebook:move-cell-down")
    written = ["print('ready')", "# Old", answer, "mine", "print(1)", "print(2)"]
    assert kit.cells(copy / LESSON) == written
    publish(lessons, "# New", "...", "print(1)\nprint(3)")
    [note] = course.update(copy).notes
    assert "exercise 00.1" in note
    now = load((copy / LESSON).read_bytes())["cells"]
    notes = [text(cell) for cell in now if text(cell).startswith("*The course has changed")]
    assert [cell for cell in map(text, now) if cell not in notes] == [
        "# New" if cell == "# Old" else cell for cell in written
    ]
    assert ["def answer():\n    ..." in notes[0], "print(3)" in notes[1]] == [True, True]
    with opened(page, f"{copy.name}/{LESSON}"):
        run_all(page)
        rendered = page.locator(".jp-RenderedMarkdown").get_by_text("The course has changed this")
        rendered.first.wait_for()
    assert not course.update(copy), "JupyterLab saves what it was given"
