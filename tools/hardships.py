"""A pytest plugin: nbval's kernels run as on the machines on which people's lessons broke.

What the course copes with on its own must not be found out by a learner. Each hardship here was
met by somebody.
"""

import pytest

# A company's proxy does not reach this machine's own loopback address. Nobody listens on the
# discard port.
PROXY = "http://127.0.0.1:9"
VARIABLES = {name: PROXY for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}


def pytest_configure(config: pytest.Config) -> None:
    """Set the variables, which kernels inherit, and put them back at the end."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    for name, value in VARIABLES.items():
        patch.setenv(name, value)
