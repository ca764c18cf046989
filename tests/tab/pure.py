"""Run the tests of modules that need no network, no thread and no program, in Pyodide.

Under CPython they run with all others; here it is Python 3.14: see test_python_3_14.py.
"""

import sys

import hypothesis
import pytest

FILES = (
    "tests/test_draw.py",
    "tests/test_frames.py",
    "tests/test_logs.py",
    "tests/test_options.py",
    "tests/test_text.py",
    "tests/apps/test_names.py",
    "tests/apps/test_pong_game.py",
    "tests/course/test_command.py",
    "tests/course/test_reset.py",
    "tests/reconnect/test_herd.py",
    "tests/server/test_origins.py",
    "tests/tab/test_drive.py",
    "tests/tab/test_jar.py",
    "tests/tab/test_plots.py",
    "tests/tab/test_profiling.py",
    "tests/wire/test_deflate.py",
)

if __name__ == "__main__":
    # WebAssembly is some ten times as slow; CPython tries many examples of each property.
    hypothesis.settings.register_profile("pyodide", max_examples=10, deadline=None)
    hypothesis.settings.load_profile("pyodide")
    options = ("-c", "/dev/null", "--rootdir=.", "--confcutdir=tests", "-p", "no:cacheprovider")
    sys.exit(pytest.main([*options, "-q", *(sys.argv[1:] or FILES)]))
