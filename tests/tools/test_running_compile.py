"""Compiled modules in the running edition's archives; test_tab_page.py sees that they are used."""

import hashlib
import shutil
import zipfile

import pytest

from tools import running_compile
from tools.running_compile import beside, cached, rename, rewrite
from tools.running_fetch import Missing

FILES = {
    "it/__init__.py": b"source",
    "it/rare.py": b"never imported",
    "it/data.txt": b"data",
    "pygments/lexers/python.py": b"imported",
    "pygments/lexers/fortran.py": b"not imported",
    "it-1.dist-info/METADATA": b"Name: it",
    "it-1.dist-info/RECORD": b"it/__init__.py",
}
COMPILED = ("it/__init__.py", "pygments/lexers/python.py")


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "it-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def compiled(tmp_path):
    """A folder with what was compiled of these files."""
    folder = tmp_path / "compiled"
    for name in COMPILED:
        path = folder / f"{name}c"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"code of " + name.encode())
    return folder


def content(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_compiled_module_takes_the_place_of_its_source(wheel, compiled):
    rewrite(wheel, compiled, None)
    assert content(wheel) == {
        "it/__init__.pyc": b"code of it/__init__.py",
        "it/rare.py": b"never imported",
        "it/data.txt": b"data",
        "pygments/lexers/python.pyc": b"code of pygments/lexers/python.py",
        "it-1.dist-info/METADATA": b"Name: it",
    }


@pytest.mark.parametrize(
    ("place", "name"),
    [(beside, "it/__init__.pyc"), (cached, "it/__pycache__/__init__.cpython-314.pyc")],
)
def test_or_stands_beside_it(wheel, compiled, place, name):
    rewrite(wheel, compiled, place)
    found = content(wheel)
    assert found["it/__init__.py"] == b"source"
    assert found[name] == b"code of it/__init__.py"


def test_the_same_files_give_the_same_bytes(tmp_path, wheel, compiled):
    copy = shutil.copy(wheel, tmp_path / "copy.whl")
    for each in wheel, copy:
        rewrite(each, compiled, cached)
    assert wheel.read_bytes() == copy.read_bytes()


def test_a_wheels_name_says_what_is_in_it(wheel):
    package = {"file_name": wheel.name, "sha256": "of before", "name": "it"}
    total = hashlib.sha256(wheel.read_bytes()).hexdigest()
    rename(wheel, package)
    assert package == {
        "file_name": f"it-1-0{total[:8]}-py3-none-any.whl",
        "sha256": total,
        "name": "it",
    }
    assert not wheel.exists()
    again = wheel.with_name(package["file_name"])
    rename(again, package)
    assert again.exists(), "a build tag is replaced, not added to"


def test_without_node_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(running_compile, "find_node", lambda: None)
    with pytest.raises(Missing, match=r"Node is missing.*Install Node\.js 20"):
        running_compile.require_node()
