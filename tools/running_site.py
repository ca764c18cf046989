"""Build the running edition: the lessons in a browser tab, by JupyterLite and Pyodide.

`python start.py site` puts it beside the pages, in the folder ``run``. The versions of JupyterLite,
of its kernel and of Pyodide belong together, so all three are named exactly. Everything is fetched
when it is built, from npm and PyPI, and nothing when it runs.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from packaging.utils import canonicalize_name, parse_wheel_filename

from wsdemo.course.places import FIRST_LESSON
from wsdemo.tab.plots import PICTURES, key

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "running_site"

PYODIDE = "314.0.7"
PYTHON = "3.14"
"""The Python that this Pyodide is."""

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNEL = ("ipykernel", "piplite", "pyodide-kernel")
"""Packages that come with JupyterLite's kernel."""

OF_PYODIDE = ("micropip", "ipython", "jedi")
"""Packages, with all that they need, in the versions of Pyodide's own lock."""

OF_COURSE = ("websockets", "nest-asyncio", "comm")
"""Packages in the versions of requirements.lock."""

NOT_IN_A_TAB = "not-in-a-tab"
"""The tag of a cell that needs what a browser tab has not: processes, TLS, brokers."""

NEEDS = {
    "09": "TLS, which a browser tab leaves to the browser",
    "15": "a broker, a program beside the notebook",
    "16": "brokers and a balancer, programs beside the notebook",
}
"""The lessons that cannot run in a tab, with what they need."""

CANNOT_RUN = (
    "> **This lesson does not run in a browser tab.** It needs {}. The outputs below are those "
    "that were saved when the lesson was made: read them here. To run it, open the course on your "
    "own machine; the README has the two commands."
)

PLOT = re.compile(r'<img [^>]*src="data:image/png;base64,([^"]+)"')

KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}

SETTINGS: dict[str, Any] = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Learn WebSockets in Python",
        "exposeAppInBrowser": True,
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": [*KERNEL, *OF_PYODIDE, *OF_COURSE, "wsdemo"]},
            }
        },
    },
}


def run(command: Iterable[Any], cwd: Path = ROOT) -> str:
    """Run a program, and return what it prints.

    Raises:
        SystemExit: it failed; with its last lines.
    """
    words = [str(each) for each in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-8:]
        advice = "Connect and run the same command again: what came is kept."
        raise SystemExit("\n".join(["wsdemo: " + " ".join(words[:4]) + " failed:", *lines, advice]))
    return done.stdout


# What is fetched


def fetch_pyodide() -> Path:
    """Return the folder of Pyodide's core, from npm."""
    folder = CACHE / f"pyodide-{PYODIDE}"
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("wsdemo: npm is missing; it fetches Pyodide. Install Node.js 20.")
        print(f"  fetching Pyodide {PYODIDE} from npm", flush=True)
        with tempfile.TemporaryDirectory() as work:
            name = run([npm, "pack", "--silent", f"pyodide@{PYODIDE}"], Path(work)).split()[-1]
            with tarfile.open(Path(work, name)) as archive:
                archive.extractall(work, filter="data")
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(Path(work, "package")), str(folder))
    return folder


def fetch_wheel(name: str, version: str) -> Path:
    """Return a wheel in Python alone, from PyPI."""
    folder = CACHE / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.whl"):
        found, its_version, *_ = parse_wheel_filename(path.name)
        if found == canonicalize_name(name) and str(its_version) == version:
            return path
    print(f"  fetching {name} {version}", flush=True)
    # For a platform that has no compiled wheels, pip takes the one in Python alone.
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder),
            *("--disable-pip-version-check", "--only-binary", ":all:", "--platform", "any"),
            *("--python-version", PYTHON, f"{name}=={version}"),
        ]
    )
    return fetch_wheel(name, version)


def locked(name: str) -> str:
    """Return a package's version in requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==([^\s;]+)", lock, re.MULTILINE)
    if found is None:
        raise SystemExit(f"wsdemo: requirements.lock has no {name}")
    return found[1]


def pictures() -> dict[str, bytes]:
    """Return the plots that the lessons have saved, by the key of their text alternative."""
    found = {}
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if plot := PLOT.search(data.get("text/html", "")):
                    found[key(data["text/plain"])] = base64.b64decode(plot[1])
    return found


def build_wheel() -> Path:
    """Return a wheel of the course's package, of the lessons with the worked answers only."""
    work = CACHE / "own"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work])
    [whole] = work.glob("*.whl")
    slim = work / "slim" / whole.name
    slim.parent.mkdir()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as out:
        for each in source.infolist():
            lesson = each.filename.partition("wsdemo/course/lessons/")[2]
            if not lesson or lesson.startswith("solutions/") or lesson == FIRST_LESSON:
                out.writestr(each, source.read(each))
        for name, picture in pictures().items():
            out.writestr(f"wsdemo/tab/{PICTURES.name}/{name}.png", picture)
    return slim


# What is made of it


def canonical(name: str) -> str:
    """Return a package's name as locks spell it."""
    return canonicalize_name(name)


def add_package(lock: dict[str, Any], target: Path, wheel: Path, depends: Iterable[str]) -> None:
    """Put a wheel into Pyodide's folder, and into its lock.

    Args:
        lock: the lock's table of packages.
        target: the folder.
        wheel: the file.
        depends: the names of packages to load with it.
    """
    shutil.copy(wheel, target)
    name, version, *_ = parse_wheel_filename(wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        tops = {each.partition("/")[0] for each in archive.namelist()}
    lock[name] = {
        "name": name,
        "version": str(version),
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(
            each.removesuffix(".py") for each in tops if not each.endswith((".dist-info", ".data"))
        ),
        "depends": sorted(depends),
        "unvendored_tests": False,
    }


def needed(packages: dict[str, Any], names: Iterable[str]) -> set[str]:
    """Return some of Pyodide's packages, and all that they depend on."""
    found: set[str] = set()
    more = [canonical(each) for each in names]
    while more:
        name = more.pop()
        if name not in found and name in packages:
            found.add(name)
            more.extend(map(canonical, packages[name]["depends"]))
    return found


def make_pyodide(site: Path) -> None:
    """Put Pyodide into the site, with a lock that names what lies beside it and nothing else."""
    core, target = fetch_pyodide(), site / "static" / "pyodide"
    target.mkdir(parents=True)
    for name in CORE:
        shutil.copy(core / name, target)
    document = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))
    theirs = {canonical(name): each for name, each in document["packages"].items()}
    lock: dict[str, Any] = {}
    for name in sorted(needed(theirs, OF_PYODIDE)):
        # The wheels on PyPI are the same but for their order, so the sums are our own.
        depends = needed(theirs, theirs[name]["depends"])
        add_package(lock, target, fetch_wheel(name, theirs[name]["version"]), depends)
    for name in OF_COURSE:
        add_package(lock, target, fetch_wheel(name, locked(name)), ())
    [static] = site.glob("extensions/@jupyterlite/pyodide-kernel-extension/static/pypi")
    for name in KERNEL:
        [wheel] = static.glob(f"{name.replace('-', '_')}-*.whl")
        add_package(lock, target, wheel, ())
    add_package(lock, target, build_wheel(), OF_COURSE)
    document["packages"] = lock
    (target / "pyodide-lock.json").write_text(json.dumps(document), encoding="utf-8")


def for_a_tab(path: Path) -> Any:
    """Return a lesson as it is in the running edition.

    Args:
        path: the lesson's file.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = KERNELSPEC
    for cell in notebook.cells:
        if NOT_IN_A_TAB in (tags := cell.metadata.get("tags", [])):
            cell.metadata["tags"] = [*tags, "raises-exception"]  # or Run All would end there
    if what := NEEDS.get(path.name[:2]):
        cell = nbformat.v4.new_markdown_cell(CANNOT_RUN.format(what), id=NOT_IN_A_TAB)
        notebook.cells.insert(0, cell)
    return notebook


def gather(folder: Path) -> None:
    """Put the lessons, and what they link to, where JupyterLite looks for its files."""
    files = folder / "files"
    files.mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        nbformat.write(for_a_tab(path), files / path.name)
    for path in (ROOT / "notebooks").glob("*.md"):
        shutil.copy(path, files)
    for name in ("solutions", "javascript", "images"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "package-lock.json")
        shutil.copytree(ROOT / "notebooks" / name, files / name, ignore=ignored)
    (folder / "jupyter-lite.json").write_text(json.dumps(SETTINGS), encoding="utf-8")


def build(site: Path) -> None:
    """Build the running edition.

    Args:
        site: the folder for it; what is in it is replaced.
    """
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        gather(Path(folder))
        print("  building JupyterLite", flush=True)
        run(
            [
                *(sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", folder),
                *("--output-dir", site, "--apps", "lab", "--no-sourcemaps"),
            ],
            Path(folder),
        )
    make_pyodide(site)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
