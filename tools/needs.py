"""A pytest plugin: a lesson whose programs are not here is skipped, by name and with the cure.

A lesson says what it needs by tags of its first cell, such as ``needs-redis``. In CI it runs all
the same, and fails.
"""

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wsdemo import frameworks
from wsdemo.programs import balancers, brokers

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
PREFIX = "needs-"
HINTS: dict[str, Callable[[], str | None]] = {
    "mqtt": functools.partial(brokers.install_hint, "mqtt"),
    "nats": functools.partial(brokers.install_hint, "nats"),
    "redis": functools.partial(brokers.install_hint, "redis"),
    "nginx": balancers.install_hint,
    "frameworks": frameworks.install_hint,
}


def needs(lesson: str) -> list[str]:
    """Return what a lesson needs, by the tags of its first cell.

    Args:
        lesson: its file's name, such as ``15_mqtt.ipynb``.

    Raises:
        KeyError: it needs something that nobody knows how to look for.
    """
    path = NOTEBOOKS / lesson
    if not path.is_file():
        return []
    [first, *_] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tags = first["metadata"].get("tags", [])
    found = [tag.removeprefix(PREFIX) for tag in tags if tag.startswith(PREFIX)]
    for each in found:
        if each not in HINTS:
            raise KeyError(f"{lesson} has the tag {PREFIX}{each}; known are {', '.join(HINTS)}")
    return found


def lacking(lesson: str) -> str | None:
    """Say what a lesson lacks on this machine; ``None`` if nothing, or if CI is set.

    Args:
        lesson: its file's name, such as ``15_mqtt.ipynb``.
    """
    hints = (HINTS[each]() for each in needs(lesson))
    return None if os.environ.get("CI") else next(filter(None, hints), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the cells of lessons that cannot run here."""
    hints = {path: lacking(path.name) for path in {Path(item.path) for item in items}}
    for item in items:
        if what := hints[Path(item.path)]:
            item.add_marker(pytest.mark.skip(reason=f"{item.path.stem}: {what}"))
