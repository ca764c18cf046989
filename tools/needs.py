"""A pytest plugin: a lesson whose programs are not here is skipped, by name and with the cure.

In CI it runs all the same, and fails.
"""

import os
from pathlib import Path

import pytest

from wsdemo.programs import balancers, brokers

PROGRAMS = {
    "15": lambda: brokers.install_hint("mqtt"),
    "16": lambda: (
        brokers.install_hint("redis") or brokers.install_hint("nats") or balancers.install_hint()
    ),
}


def lacking(lesson: str) -> str | None:
    """Say what a lesson lacks on this machine; ``None`` if nothing, or if CI is set.

    Args:
        lesson: its file's name, such as ``15_mqtt.ipynb``.
    """
    ask = PROGRAMS.get(lesson[:2])
    return ask() if ask and not os.environ.get("CI") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the cells of lessons that cannot run here."""
    for item in items:
        path = Path(item.path)
        if path.suffix == ".ipynb" and (what := lacking(path.name)):
            item.add_marker(pytest.mark.skip(reason=f"{path.stem}: {what}"))
