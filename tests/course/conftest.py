"""What the tests of the learner's copy are given."""

import pytest

from tests.course import kit
from wsdemo import course
from wsdemo.course import places


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with two small lessons, and the current folder outside of it."""
    folder = kit.publish(tmp_path / "clone")
    monkeypatch.setattr(places, "_CLONE", folder)
    monkeypatch.delenv("WSDEMO_COMMAND", raising=False)  # start.py sets it, for the tests too
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def lessons(clone):
    return clone / "notebooks"


@pytest.fixture
def copy(clone):
    """Where the learner's copy of these lessons will be."""
    return clone / "course"


@pytest.fixture
def mine(copy):
    """A copy that has just been made."""
    course.update()
    return copy
