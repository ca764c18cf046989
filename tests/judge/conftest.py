"""Node, for the programs in JavaScript."""

from tests.interop.conftest import require_node  # noqa: F401
