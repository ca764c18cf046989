"""A pytest plugin: nbval's kernels run as on the machines on which people's lessons broke.

What the course copes with on its own must not be found out by a learner. Each hardship here was
met by somebody.
"""

import contextlib
import pathlib
import tempfile

import pytest

# A company's proxy does not reach this machine's own loopback address. Nobody listens on the
# discard port.
PROXY = "http://127.0.0.1:9"
VARIABLES = {name: PROXY for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
# Many shells and CI jobs ask for a backend without windows.
VARIABLES["MPLBACKEND"] = "Agg"

FOLDER = "Ana Müller #1"
"""The temporary folder of a person with a space and an umlaut in the name."""

OPEN_FILES = 256
"""How many files macOS lets a program have open, unless it asks for more."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the hardships, which kernels inherit, and undo them at the end."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    for name, value in VARIABLES.items():
        patch.setenv(name, value)
    folder = tempfile.TemporaryDirectory(prefix="hard", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    inside = pathlib.Path(folder.name, FOLDER)
    inside.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        patch.setenv(name, str(inside))
    with contextlib.suppress(ModuleNotFoundError):  # Windows has no such limit
        import resource

        _, hard = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))
        config.add_cleanup(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
