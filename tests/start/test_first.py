"""start.py: what must be there before anything is set up."""

import ast
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

import start

SOURCE = Path(start.__file__)


def test_it_parses_on_old_pythons():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_imports_the_standard_library_only():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 19, "final", 0), (2, 7, 18)])
def test_an_old_python_is_told_apart(version):
    with pytest.raises(start.Problem) as caught:
        start.require_python(version)
    text = str(caught.value)
    assert "3.11 or newer is needed" in text
    assert ".".join(map(str, version[:3])) in text
    assert "python.org" in text


@pytest.mark.parametrize("version", [(3, 11, 0, "final", 0), (3, 14, 1), sys.version_info])
def test_a_new_python_will_do(version):
    start.require_python(version)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_named(missing):
    with pytest.raises(start.Problem, match=f"module {missing}") as caught:
        start.require_modules(lambda name: None if name == missing else object())
    assert "apt install python3-venv" in str(caught.value)


def test_no_missing_module():
    start.require_modules()


def test_a_folder_without_write_access(tmp_path, monkeypatch):
    # The tests may run as root, who may write everywhere.
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(start.Problem, match=r"cannot write to .*Permission denied") as caught:
        start.require_room(tmp_path)
    assert "folder of your own" in str(caught.value)


def test_a_full_disk(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(start.Problem, match="only 100 MB are free"):
        start.require_room(tmp_path)


def test_room(tmp_path):
    start.require_room(tmp_path)
    assert list(tmp_path.iterdir()) == []
