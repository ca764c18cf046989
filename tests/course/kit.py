"""Small lessons for the tests of the learner's copy."""

import json

from wsdemo.course.notebook import dump, load, text

CHAT = "03_chat.ipynb"
CLIENT = "javascript/03_chat_client.mjs"


def code(name, source, outputs=(), count=None, **metadata):
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": list(outputs),
        "execution_count": count,
    }


def markdown(name, source, **metadata):
    return {"cell_type": "markdown", "id": name, "metadata": metadata, "source": source}


def exercise(number, answer="pass", name="exercise"):
    return code(name, f'def answer():\n    {answer}\n\n\nwsdemo.check("{number}", answer)')


def stream(words):
    return {"output_type": "stream", "name": "stdout", "text": words}


def notebook(*cells, **metadata):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def save(path, *cells, **metadata):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dump(notebook(*cells, **metadata)))


def cells(path):
    """What is written in the cells of a notebook's file, in order."""
    return [text(cell) for cell in load(path.read_bytes())["cells"]]


def edit(path, old, new):
    """Change what a learner would change in a notebook."""
    lesson = load(path.read_bytes())
    for cell in lesson["cells"]:
        cell["source"] = text(cell).replace(old, new)
    assert json.dumps(new)[1:-1] in dump(lesson).decode()
    path.write_bytes(dump(lesson))


def tree(folder):
    """All that is in a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def publish(folder):
    """Make a clone of the course with two small lessons."""
    lessons = folder / "notebooks"
    save(
        lessons / "00_start_here.ipynb",
        markdown("title", "# Start"),
        code("first", "import wsdemo", [stream("ready\n")], 1),
        exercise("00.1"),
    )
    save(lessons / "03_chat.ipynb", markdown("title", "# Chat"), exercise("03.1"))
    (lessons / "glossary.md").write_text("words\n")
    for name, content in {
        "javascript/03_chat_client.mjs": "connect();\n",
        "javascript/package.json": "{}\n",
        "javascript/node_modules/ws/index.js": "npm's\n",
        "solutions/03_chat.py": "answer = 3\n",
        "images/pong.png": "picture",
        ".ipynb_checkpoints/03_chat-checkpoint.ipynb": "{}",
        "Untitled.ipynb": "{}",
    }.items():
        (lessons / name).parent.mkdir(parents=True, exist_ok=True)
        (lessons / name).write_text(content)
    return folder
