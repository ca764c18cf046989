"""The pages of a class, and the twenty questions as a page of its own."""

import dataclasses
import json
import pathlib

from wsdemo.classroom.questions import inventory, questions
from wsdemo.course import lessons
from wsdemo.server.static import StaticPage

__all__ = ["pages", "twenty_questions"]

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


def twenty_questions() -> str:
    """Return the page for one who learns alone: one HTML file, which works from disk, too.

    It asks before and after the course, keeps the answers in the browser, and then names the wrong
    idea behind each wrong answer, and the lesson against it.
    """
    data = json.dumps([dataclasses.asdict(each) for each in inventory()])
    data = data.replace("<", "\\u003c")  # so that no text of it can end the script
    script = (WEB / "questions.js").read_text("utf-8")
    parts = {
        "{style}": (WEB / "class.css").read_text("utf-8"),
        "{scripts}": f'<script id="data" type="application/json">{data}</script>\n'
        f"<script>{script}</script>",
    }
    page = (WEB / "questions.html").read_text("utf-8")
    for place, text in parts.items():
        page = page.replace(place, text)
    return page
