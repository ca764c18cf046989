"""What ``pytest --nbval notebooks`` does by itself, whoever calls it: CI, an editor, a person."""

import pathlib

import pytest

pytest_plugins = ["tools.kernels", "tools.streams"]

SANITIZE = str(pathlib.Path(__file__).with_name("tests") / "sanitize.cfg")
CELL_TIMEOUT = 60  # seconds; nbval's own is 2,000


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fill in nbval's options where they were not given."""
    options = config.option
    if not getattr(options, "nbval", False):
        return
    options.nbval_sanitize_with = options.nbval_sanitize_with or SANITIZE
    if options.nbval_cell_timeout == 2000:
        options.nbval_cell_timeout = CELL_TIMEOUT
    # The cells of a notebook belong to one kernel.
    if getattr(options, "dist", "no") not in ("no", "loadfile", "loadscope"):
        options.dist = "loadfile"
