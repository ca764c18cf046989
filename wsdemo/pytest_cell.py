"""The cell magic ``%%pytest``: a cell is saved as a file of tests, and pytest runs it.

>>> %load_ext wsdemo.pytest_cell
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Any

__all__ = ["load_ipython_extension", "run_tests"]

OPTIONS = ("-q", "--tb=short", "--no-header", "--color=no", "-p", "no:cacheprovider")
"""What pytest prints is then the tests' names, the lines that failed, and the counts."""

PLUGIN = ("-p", "wsdemo.pytest_plugin")
"""pytest finds it by itself; here plugins are not looked for, which takes longer than the tests."""

CI = ("CI", "BUILD_NUMBER")
"""The variables by which pytest knows that it runs in CI."""

TIME_LIMIT = 60
"""Seconds for one cell's tests."""


def run_tests(source: str, *options: str) -> str:
    """Save tests in a file of their own, run pytest on it, and return what it prints.

    Args:
        source: the file's text.
        options: more options of pytest's.

    Raises:
        TimeoutError: the tests have not ended after a minute.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "test_cell.py")
        file.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", *OPTIONS, *PLUGIN, *options, file.name]
        # Where CI is set, pytest prints a longer summary.
        environment = {key: value for key, value in os.environ.items() if key not in CI}
        environment |= {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "COLUMNS": "110",
        }
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=TIME_LIMIT,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"the tests had not ended after {TIME_LIMIT} s: a recv() without a time limit?"
            ) from None
    # How long it took is different each time.
    return re.sub(r" in [\d.]+s( \([\d:]+\))?(?=\s*$)", "", done.stdout.rstrip())


def load_ipython_extension(ipython: Any) -> None:
    """Give a notebook the cell magic ``%%pytest``; ``%load_ext wsdemo.pytest_cell`` calls this.

    Args:
        ipython: IPython's shell.
    """

    def pytest(line: str, cell: str) -> None:
        """Save the cell as a file of tests, and run pytest on it: ``%%pytest [OPTIONS]``."""
        print(run_tests(cell, *line.split()))

    ipython.register_magic_function(pytest, "cell")
