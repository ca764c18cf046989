"""A message that the index of errors explains, and that not every Python words in the same way."""

import subprocess
import sys

PROGRAM = "import websockets\nwebsockets.serve\n"


def test_a_file_called_websockets_hides_the_library(tmp_path):
    """It imports itself, and is not done when it is asked for ``serve``."""
    file = tmp_path / "websockets.py"
    file.write_text(PROGRAM, encoding="utf-8")
    run = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60)
    message = "AttributeError: partially initialized module 'websockets' has no attribute 'serve'"
    if sys.version_info >= (3, 13):
        message = message.replace("partially initialized ", "")
    assert run.stderr.splitlines()[-1].startswith(message)
