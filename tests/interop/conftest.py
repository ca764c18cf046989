"""Node, for the tests that run JavaScript."""

import os
import pathlib

import pytest

from wsdemo.doctor import find_node

MODULES = pathlib.Path(__file__).parents[2] / "notebooks" / "javascript" / "node_modules"


@pytest.fixture(scope="session")
def require_node():
    """The path of Node; without it (or npm's ws) skip, and fail where CI is set."""
    node = find_node()
    if node and (MODULES / "ws").is_dir():
        return node
    missing = "npm's ws is not installed: run `python start.py test`" if node else "no Node here"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
