"""The wheel alone is enough: in a fresh environment it has the lessons and opens them."""

import json
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import threading
import urllib.request
import venv
import zipfile

import pytest

from tests.browser.lab import wait_until_it_listens
from tests.course.kit import edit, tree
from wsdemo.course.places import files

ROOT = pathlib.Path(__file__).parents[2]
LESSONS = ROOT / "notebooks"
PATIENCE = 60
LEFT_BY_WORK = re.compile(
    r"(^|/)(node_modules|__pycache__|\.ipynb_checkpoints)/|package-lock\.json|\.pcapng$"
)


def run(*words, cwd, env=None):
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def bin(wheel, tmp_path_factory):
    """The programs of an environment with nothing but the wheel, and what it depends on."""
    fresh = tmp_path_factory.mktemp("fresh")
    venv.create(fresh, with_pip=False, symlinks=os.name != "nt")
    programs = fresh / ("Scripts" if os.name == "nt" else "bin")
    python = programs / pathlib.Path("python").with_suffix(".exe" if os.name == "nt" else "").name
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    run(*pip, wheel, cwd=fresh)
    # The packages of this environment, of which the one in editable form is not importable there.
    where = {"base": str(fresh), "platbase": str(fresh)}
    packages = pathlib.Path(sysconfig.get_path("purelib", "venv", vars=where))
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    found = run(python, "-c", "import wsdemo; print(wsdemo.__file__)", cwd=fresh)
    assert pathlib.Path(found.strip()).is_relative_to(packages)
    return programs


@pytest.fixture
def environment(bin, tmp_path):
    """The environment of a person who has Python, and no git."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TMPDIR") if name in os.environ}
    home = str(tmp_path / "home")
    return {**kept, "PATH": str(bin), "HOME": home, "USERPROFILE": home, "PYTHONUTF8": "1"}


@pytest.fixture
def wsdemo(bin, environment, tmp_path):
    """Run the command in an empty folder."""
    empty = tmp_path / "empty"
    empty.mkdir()
    return lambda *words: run(bin / "wsdemo", *words, cwd=empty, env=environment)


def test_it_has_the_package_and_the_lessons_and_nothing_else(wheel):
    package = {f"wsdemo/{name}" for name in tree(ROOT / "wsdemo") if not LEFT_BY_WORK.search(name)}
    lessons = {name for name in tree(LESSONS) if not LEFT_BY_WORK.search(name)}
    assert set(files(LESSONS)) == lessons, "_PATTERNS in wsdemo/course/places.py knows no such file"
    carried = {f"wsdemo/course/lessons/{name}" for name in lessons}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("wsdemo/")}
    assert names == package | carried


def test_an_editable_installation_has_no_second_lessons():
    installed = pathlib.Path(sysconfig.get_path("purelib"), "wsdemo")
    assert not installed.exists()


def test_a_copy_is_made_updated_and_reset(wsdemo, tmp_path):
    copy = tmp_path / "empty/wsdemo-course"
    assert wsdemo("update") == f"This is your own copy of the lessons, new: {copy}\n"
    edit(copy / "03_chat.ipynb", "pass", "return 42")
    assert wsdemo("update") == f"Your copy of the lessons is up to date: {copy}\n"
    assert "03_chat.old.ipynb" in wsdemo("reset", "03")
    assert (copy / "03_chat.ipynb").read_bytes() == (LESSONS / "03_chat.ipynb").read_bytes()
    assert wsdemo("solutions", "03").endswith("03_chat.py\n")


def test_the_lab_opens_it(bin, environment, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with subprocess.Popen(
        [str(bin / "wsdemo"), "lab", "--no-browser", "--ServerApp.port=0"],
        cwd=empty,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            log = ""
            while not (found := re.search(r"(http://127\.0\.0\.1:\d+/)\S*\?(token=\w+)", log)):
                line = process.stderr.readline()
                assert line, f"it ended: {log}"
                log += line
            wait_until_it_listens(found[1])
            names = {each["name"] for each in contents(*found.groups())["content"]}
            first = contents(*found.groups(), "/00_start_here.ipynb")["content"]["cells"]
        finally:
            process.terminate()
            process.stderr.read()
            watchdog.cancel()
    lessons = {path.name for path in LESSONS.glob("*.ipynb")}
    beside = {"README.md", "errors.md", "glossary.md", "images", "javascript", "rise.css"}
    assert names == lessons | beside
    assert first[0]["source"].startswith("# 00")
    assert {path.name for path in empty.iterdir()} == {"wsdemo-course"}


def contents(url, token, path=""):
    """Ask Jupyter what is in the folder that it shows."""
    address = f"{url}api/contents{path}?{token}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as response:
        return json.load(response)
