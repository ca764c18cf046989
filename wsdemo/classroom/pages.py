"""The pages of a class: the learners', the teacher's board, and the list of questions."""

import json
import pathlib

from wsdemo.classroom.questions import questions
from wsdemo.course import lessons
from wsdemo.server.static import StaticPage

__all__ = ["pages"]

WEB = pathlib.Path(__file__).with_name("web")


def pages() -> dict[str, StaticPage]:
    """Return what a class answers to plain HTTP requests, by path."""
    return {
        "/": WEB / "learn.html",
        "/board": WEB / "board.html",
        "/learn.js": WEB / "learn.js",
        "/board.js": WEB / "board.js",
        "/class.js": WEB / "class.js",
        "/class.css": WEB / "class.css",
        "/questions.json": json.dumps(_lessons()).encode(),
    }


def _lessons() -> list[dict[str, object]]:
    """Each lesson with its questions, without the right answers: learners can read this, too."""
    asked: dict[str, list[dict[str, str]]] = {}
    for each in questions().values():
        if not each.number.startswith("i"):
            asked.setdefault(each.lesson, []).append({"number": each.number, "text": each.text})
    names = sorted(file.stem for file in lessons().glob("[0-9]*.ipynb"))
    return [
        {
            "lesson": name[:2],
            "title": name[3:].replace("_", " "),
            "questions": asked.get(name[:2], []),
        }
        for name in names
    ]
