"""Node, for the tests that run JavaScript."""

import os

import pytest

from tests.interop.programs import FOLDER, run_node
from wsdemo.doctor import find_node

MODULES = FOLDER / "node_modules"


@pytest.fixture(scope="session")
def require_node():
    """The path of Node; without it (or npm's ws) skip, and fail where CI is set."""
    node = find_node()
    if node and (MODULES / "ws").is_dir():
        return node
    missing = "npm's ws is not installed: run `python start.py test`" if node else "no Node here"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


@pytest.fixture
def node(require_node):
    """Run a Node program to its end, which may not complain; return its lines."""

    def run(*arguments):
        lines, complaint = run_node(require_node, *arguments)
        assert not complaint
        return lines

    return run
