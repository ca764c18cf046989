"""What a type checker, and so an editor, sees of the package's public names."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import wsdemo
from tests.checks.worked import NOTEBOOKS

NOUNS = {
    "serve": r"def \(handler: .*ServerConnection.*, port: .*\) -> wsdemo\.server\.core\.Server",
    "Wire": r"def \(url: .*str.*\) -> wsdemo\.wire\.core\.Wire",
    "Browser": r"def \(url: .*str.*\) -> wsdemo\.browser\.panels\.Browser",
    "javascript": r"def \(code: .*str.*\) -> wsdemo\.browser\.panels\.JavaScript",
    "check": r"def \(number: .*str.*\) -> wsdemo\.checks\._findings\.Verdict",
}
PROGRAM = "import wsdemo\n" + "\n".join(f"reveal_type(wsdemo.{name})" for name in NOUNS)


def test_the_package_says_that_it_is_typed():
    assert pathlib.Path(wsdemo.__file__).with_name("py.typed").is_file()


def test_mypy_sees_the_signatures(tmp_path):
    command = [sys.executable, "-m", "mypy", "--strict", "-c", PROGRAM]
    # Elsewhere, as in anybody's project: without our configuration.
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    seen = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert len(seen) == len(NOUNS), done.stdout
    for text, (name, signature) in zip(seen, NOUNS.items(), strict=True):
        assert re.fullmatch(signature, text), (name, text)


@pytest.mark.node
def test_pyright_sees_the_signatures(tmp_path):
    """Pylance, which VS Code uses, is built upon it."""
    pyright = NOTEBOOKS / "javascript/node_modules/pyright/index.js"
    node = shutil.which("node")
    if node is None or not pyright.is_file():
        missing = "npm's pyright is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [node, str(pyright), "--pythonpath", sys.executable, str(tmp_path / "program.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    seen = re.findall(r'Type of "wsdemo\.(\w+)" is "(.*)"', done.stdout)
    assert [name for name, _ in seen] == list(NOUNS), done.stdout
    for name, text in seen:
        assert "Unknown" not in text, (name, text)
        assert text.startswith(("(", "type[")), (name, text)
