"""The questions that a class votes on: the lessons' *Predict*, and the inventory."""

import functools
import itertools
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from wsdemo.course import lessons

__all__ = ["Question", "inventory", "predictions", "questions"]

PREDICT = "**Predict.**"
ANSWER = "<summary>Answer"
LETTER = re.compile(r"\(([a-e])\)")
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
INVENTORY = Path(__file__).with_name("inventory.toml")


@dataclass(frozen=True)
class Question:
    """A question with options.

    Attributes:
        number: its number, such as ``"03.p2"`` for the second *Predict* of lesson 03, and ``"i7"``
            for the seventh of the inventory.
        lesson: the lesson that it belongs to, such as ``"03"``.
        text: the question; `words` between backticks are code.
        options: the letter of each option, such as ``"a"``, and its text.
        right: the letter of the right one.
        kills: for each wrong letter, the wrong idea behind it; empty where nobody has written it.
    """

    number: str
    lesson: str
    text: str
    options: dict[str, str]
    right: str
    kills: dict[str, str]


@functools.cache
def questions() -> dict[str, Question]:
    """Return all questions by their numbers: those of the lessons in order, then the inventory.

    Raises:
        Trouble: the lessons are not there.
    """
    found = [each for file in sorted(lessons().glob("[0-9]*.ipynb")) for each in predictions(file)]
    return {each.number: each for each in (*found, *inventory())}


def predictions(notebook: Path) -> list[Question]:
    """Return the *Predict* questions of a lesson that have options and one right answer.

    Args:
        notebook: the lesson's file.
    """
    lesson = notebook.name[:2]
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(each["source"]) for each in cells if each["cell_type"] == "markdown"]
    parts = "\n\n".join(texts).split(PREDICT)
    found: list[Question] = []
    for before, part in itertools.pairwise(parts):
        text, options = _split(part)
        answer = LETTER.search(part.partition(ANSWER)[2].partition("</summary>")[2])
        right = answer[1] if answer else ""
        if right in options:
            number = f"{lesson}.p{len(found) + 1}"
            asked = text or _plain(before.removesuffix("> ").rstrip().rpartition("\n\n")[2])
            found.append(Question(number, lesson, asked, options, right, {}))
    return found


def _split(part: str) -> tuple[str, dict[str, str]]:
    """Return a question's text and its options."""
    text, *options = LETTER.split(part.partition("\n\n")[0].replace("\n> ", " "))
    letters, texts = options[::2], options[1::2]
    return _plain(text), {
        letter: _plain(each).rstrip(",?") for letter, each in zip(letters, texts, strict=True)
    }


def _plain(markdown: str) -> str:
    """A text without links and without bold letters."""
    return " ".join(LINK.sub(r"\1", markdown).replace("**", "").split())


def inventory() -> list[Question]:
    """Return the twenty questions that are asked before and after the course."""
    entries = tomllib.loads(INVENTORY.read_text("utf-8"))["question"]
    return [
        Question(
            f"i{number}",
            entry["lesson"],
            entry["text"],
            entry["options"],
            entry["right"],
            entry["kills"],
        )
        for number, entry in enumerate(entries, 1)
    ]
