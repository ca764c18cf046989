"""Whatever the learner and the course do to a lesson, nothing that the learner wrote is lost."""

import contextlib
import copy
import pathlib
import tempfile
from collections import Counter

import nbformat
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.course.kit import code, exercise, markdown, save, stream, tree
from wsdemo import course
from wsdemo.course import places
from wsdemo.course.notebook import content, exercises, load, text

EXAMPLES = 250
LESSON = "00_start_here.ipynb"


class Killed(BaseException):
    """The program ends here."""


class Hand:
    """Somebody who changes a notebook; what they write is found nowhere else."""

    def __init__(self, name):
        self.name = name
        self.written = 0

    def word(self):
        self.written += 1
        return f"{self.name}{self.written}"

    def apply(self, cells, action, here, there):
        """Do one thing to a list of cells; the numbers are taken modulo what there is."""
        if action == "add" or not cells:
            new = code if there % 2 else markdown
            cells.insert(here % (len(cells) + 1), new(self.word(), self.word()))
            return
        here, there = here % len(cells), there % len(cells)
        getattr(self, action)(cells, here, there)

    def edit(self, cells, here, _):
        cell = cells[here]
        numbers = exercises(cell)
        cell["source"] = f"{text(cell)}\n{self.word()}" if numbers else self.word()

    def extend(self, cells, here, _):
        cells[here]["source"] = f"{self.word()}\n{text(cells[here])}"

    def delete(self, cells, here, _):
        del cells[here]

    def move(self, cells, here, there):
        cells.insert(there, cells.pop(here))

    def cut_and_paste(self, cells, here, there):
        cells.insert(there, {**cells.pop(here), "id": self.word()})

    def copy_and_paste(self, cells, here, there):
        cells.insert(there, {**copy.deepcopy(cells[here]), "id": self.word()})

    def split(self, cells, here, there):
        source = text(cells[here])
        cut = there * 7 % (len(source) + 1)
        cells[here]["source"] = source[:cut]
        cells.insert(here + 1, {**copy.deepcopy(cells[here]), "id": self.word()})
        cells[here + 1]["source"] = source[cut:]

    def join(self, cells, here, _):
        if here + 1 < len(cells):
            cells[here]["source"] = f"{text(cells[here])}\n\n{text(cells.pop(here + 1))}"

    def run(self, cells, here, there):
        if cells[here]["cell_type"] == "code":
            cells[here] |= {"outputs": [stream(self.word())], "execution_count": there}

    def retype(self, cells, here, _):
        cell = cells[here]
        other = markdown if cell["cell_type"] == "code" else code
        cells[here] = other(cell["id"], cell["source"])

    def number(self, cells, *_):
        """Give ids by position, as the course once did."""
        for place, cell in enumerate(cells):
            cell["id"] = f"cell-{place}"


LEARNERS = ["edit", "extend", "add", "delete", "move", "cut_and_paste", "copy_and_paste", "split"]
LEARNERS += ["join", "run", "retype"]
COURSES = ["edit", "extend", "add", "delete", "move", "number", "run"]


def actions(names):
    number = st.integers(0, 30)
    return st.lists(st.tuples(st.sampled_from(names), number, number), max_size=5)


rounds = st.lists(
    st.tuples(actions(LEARNERS), actions(COURSES), st.none() | st.integers(0, 5)),
    min_size=1,
    max_size=3,
)


def published():
    return [
        markdown("title", "# A lesson"),
        code("first", "import wsdemo", [stream("ready\n")], 1),
        exercise("00.1", name="cell-03"),
        markdown("between", "text"),
        code("twice", "server.stop()"),
        exercise("00.2", name="answer-2"),
        code("twice-again", "server.stop()"),
    ]


@contextlib.contextmanager
def dying(moment):
    """End the program at one of the moves by which it changes a file."""
    if moment is None:
        yield
        return
    replace, left = pathlib.Path.replace, [moment]

    def replace_or_die(*paths):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return replace(*paths)

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        patch.setattr(pathlib.Path, "replace", replace_or_die)
        yield


def is_note(cell):
    return text(cell).startswith("*The course has changed ")


def written_by(learner, base):
    """The cells in which the learner wrote: the course had none with the same text."""
    ours = {content(cell) for cell in base}
    return Counter(
        content(cell) for cell in learner if content(cell) not in ours and not is_note(cell)
    )


def contested(*versions):
    """The exercises that all have once, and each with another text: number and newest text."""
    for number in ("00.1", "00.2"):
        found = [[each for each in cells if number in exercises(each)] for cells in versions]
        if all(len(each) == 1 for each in found):
            cells = [each for [each] in found]
            if len(set(map(content, cells))) == len(versions):
                yield number, text(cells[-1])


def changed(cells, hand, steps):
    cells = copy.deepcopy(cells)
    for step in steps:
        hand.apply(cells, *step)
    return cells


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to find the smallest example would take minutes
)
@given(rounds)
def test_no_answer_is_lost(steps):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        clone = pathlib.Path(folder)
        patch.setattr(places, "_CLONE", clone)
        lesson, mine = clone / "notebooks" / LESSON, clone / "course" / LESSON
        learner, author, new = Hand("mine"), Hand("ours"), published()
        save(lesson, *new)
        course.update(clone / "course")
        for learners, courses, moment in steps:
            base, new = new, changed(new, author, courses)
            theirs = changed(load(mine.read_bytes())["cells"], learner, learners)
            save(mine, *theirs)
            save(lesson, *new)
            killed = True
            with dying(moment):
                report, killed = course.update(clone / "course"), False
            if killed:
                assert not written_by(theirs, base) - contents(mine)
                course.update(clone / "course")
            judge(mine, base, theirs, new)
            if not killed:
                for number, _ in contested(base, theirs, new):
                    assert f"exercise {number}" in report.notes[0]
            before = tree(clone / "course")
            assert not course.update(clone / "course"), "there is nothing left to do"
            assert tree(clone / "course") == before


def contents(path):
    return Counter(map(content, load(path.read_bytes())["cells"]))


def judge(mine, base, theirs, new):
    """Look at what an update has made of three versions of a lesson."""
    result = load(mine.read_bytes())
    nbformat.validate(result)
    assert not written_by(theirs, base) - contents(mine), "what the learner wrote is there"
    if [*map(content, theirs)] == [*map(content, base)]:
        assert [*map(content, result["cells"])] == [*map(content, new)], "untouched: it is the new"
    for number, source in contested(base, theirs, new):
        assert any(is_note(each) and source in text(each) for each in result["cells"]), number
