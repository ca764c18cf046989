"""A learner's copy of the lessons; Node, for the programs in JavaScript."""

import pytest

from tests.interop.conftest import require_node  # noqa: F401


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """An empty copy, as the current folder."""
    (tmp_path / ".wsdemo").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
