"""Each exercise is checked both ways: the stub, the worked answer, mistakes, unusual right ones.

The answers of a lesson are in the module ``answers_NN_name`` beside this one.
"""

import asyncio
import importlib
import json
import pathlib
import re

import pytest

import wsdemo
from tests.checks.worked import NOTEBOOKS, OTHERS, SOLUTIONS, STAGES
from wsdemo.checks import exercises

LESSONS = [
    importlib.import_module(f"tests.checks.{path.stem}")
    for path in sorted(pathlib.Path(__file__).parent.glob("answers_*.py"))
]


def rows(kind):
    """The rows of a kind of all lessons, such as MISTAKES."""
    return [row for lesson in LESSONS for row in getattr(lesson, kind, [])]


def stubs():
    """The exercise cells of the notebooks, by the number they check."""
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            found = re.search(r'wsdemo\.check\("([\d.]+)"', source)
            if cell["cell_type"] == "code" and found:
                yield found[1], source


def worked(number):
    """The answer as the cell would have it: 00.1 is what awaiting the coroutine gives."""
    answer = SOLUTIONS[number]
    return asyncio.run(answer()) if number == "00.1" else answer


def check(number, answer):
    """Check an answer; do what the verdict advises where the machine was too busy to judge it."""
    for _ in range(5):
        verdict = wsdemo.check(number, answer)
        if verdict.state != "no verdict":
            break
    return verdict


@pytest.mark.parametrize("number", OTHERS)
def test_worked_answer_is_right(number):
    verdict = check(number, worked(number))
    assert verdict.state == "right", verdict


@pytest.mark.parametrize(("number", "answer"), rows("RIGHT"))
def test_right_answer_of_unusual_form_is_right(number, answer):
    verdict = check(number, answer)
    assert verdict.state == "right", verdict


@pytest.mark.parametrize(("number", "answer", "diagnosis"), rows("MISTAKES"))
def test_mistake_has_its_diagnosis(number, answer, diagnosis):
    verdict = check(number, answer)
    assert verdict.state == "look again", verdict
    assert diagnosis in verdict.text


@pytest.mark.parametrize(("number", "answer", "hint"), rows("HINTS"))
def test_what_is_no_answer_yet_has_a_hint(number, answer, hint):
    verdict = check(number, answer)
    assert verdict.state == "not yet", verdict
    assert hint in verdict.text


def test_a_coroutine_that_nobody_awaited_is_diagnosed():
    async def question():
        return "You said: Are you there?"

    verdict = wsdemo.check("00.1", question())
    assert (verdict.state, "nothing has run yet" in verdict.text) == ("look again", True)


def test_patched_kernel_is_diagnosed(monkeypatch):
    monkeypatch.setattr(asyncio, "_nest_patched", True, raising=False)
    verdict = wsdemo.check("00.1", "You said: Are you there?")
    assert (verdict.state, "restart the kernel" in verdict.text) == ("look again", True)


@pytest.mark.parametrize("number", OTHERS)
def test_each_check_is_tested_as_a_test_suite(number):
    """Eight wrong answers that a learner would write, and four right ones of unusual form."""
    wrong = [row for row in [*rows("MISTAKES"), *rows("HINTS")] if row[0] == number]
    right = [row for row in rows("RIGHT") if row[0] == number]
    # 00.1 has two more in the tests above.
    assert len(wrong) + 2 * (number == "00.1") >= 8
    assert len(right) >= 4


@pytest.mark.parametrize(("number", "source"), list(stubs()))
def test_stub_is_not_yet_and_always_in_the_same_words(number, source):
    """Its verdict is a saved output, and its cell needs nothing but itself."""
    verdicts = set()
    for _ in range(2):
        scope = {}
        exec(source.rpartition("wsdemo.check")[0], scope)
        answer = eval(source.rpartition(", ")[2].rstrip(")\n"), scope)
        verdict = wsdemo.check(number, answer)
        assert verdict.state == "not yet"
        verdicts.add(repr(verdict))
    assert len(verdicts) == 1


def test_stubs_are_all_there():
    assert [number for number, _ in stubs()] == exercises() == [*SOLUTIONS, *STAGES]
