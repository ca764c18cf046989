"""Build the running edition: the lessons in a browser tab, by JupyterLite and Pyodide.

`python start.py site` puts it beside the pages, in the folder ``run``. The versions of JupyterLite,
of its kernel and of Pyodide belong together, so all three are named exactly. Everything is fetched
when it is built, from npm and PyPI, and nothing when it runs, unless the plots come from Pyodide's
own site (``plots_from_cdn``). As a command it builds the running edition by itself::

    python -m tools.running_site FOLDER
"""

import copy
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

from tools import running_page

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "running_site"

PYODIDE = "314.0.6"
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
"""Where Pyodide's packages are, those in compiled code as well."""

PYTHON = "3.14"
"""The Python that this Pyodide is."""

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNEL = ("ipykernel", "piplite", "pyodide-kernel")
"""Packages that come with JupyterLite's kernel."""

OF_PYODIDE = ("micropip", "ipython", "jedi")
"""Packages, with all that they need, in the versions of Pyodide's own lock."""

OF_COURSE = ("websockets", "nest-asyncio", "comm")
"""Packages in the versions of requirements.lock."""

FROM_CDN = ("matplotlib",)
"""Packages that are on neither npm nor PyPI for a browser, as they are compiled."""

KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}

KERNEL_EXTENSION = "@jupyterlite/pyodide-kernel-extension:kernel"

SETTINGS: dict[str, Any] = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Learn WebSockets in Python",
        "exposeAppInBrowser": True,
        "litePluginSettings": {
            KERNEL_EXTENSION: {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": [*KERNEL, *OF_PYODIDE, *OF_COURSE, "wsdemo"]},
            }
        },
    },
}


class Missing(Exception):
    """What the build needs cannot be fetched; the text says in one line what to do."""


def run(command: Iterable[Any], cwd: Path = ROOT, missing: str = "") -> str:
    """Run a program, and return what it prints.

    Args:
        command: the program and its arguments.
        cwd: the folder it runs in.
        missing: what is missing if it fails.

    Raises:
        Missing: it failed, and ``missing`` says why.
        SystemExit: it failed for another reason; with its last lines.
    """
    words = [str(each) for each in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, errors="replace")
    if done.returncode and missing:
        raise Missing(f"{missing}. Connect and run the same command again: what came is kept.")
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-15:]
        raise SystemExit("\n".join(["wsdemo: " + " ".join(words[:4]) + " failed:", *lines]))
    return done.stdout


# What is fetched


def fetch_pyodide() -> Path:
    """Return the folder of Pyodide's core, from npm."""
    folder = CACHE / f"pyodide-{PYODIDE}"
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise Missing("npm is missing, which fetches Pyodide. Install Node.js 20 or newer.")
        print(f"  fetching Pyodide {PYODIDE} from npm", flush=True)
        with tempfile.TemporaryDirectory() as work:
            command = [npm, "pack", "--silent", "--fetch-retries=1", f"pyodide@{PYODIDE}"]
            name = run(command, Path(work), "npm could not fetch Pyodide").split()[-1]
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
            *("--disable-pip-version-check", "--retries", "1"),
            *("--only-binary", ":all:", "--platform", "any"),
            *("--python-version", PYTHON, f"{name}=={version}"),
        ],
        missing=f"pip could not fetch {name} {version}",
    )
    return fetch_wheel(name, version)


def locked(name: str) -> str:
    """Return a package's version in requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==([^\s;]+)", lock, re.MULTILINE)
    if found is None:
        raise SystemExit(f"wsdemo: requirements.lock has no {name}")
    return found[1]


def build_wheel() -> Path:
    """Return a wheel of the course's package, of the lessons with the worked answers only.

    Its name changes with what is in it, so that no browser takes an older one that it has kept.
    """
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
            if not lesson or lesson.startswith("solutions/"):
                out.writestr(each, source.read(each))
            elif lesson.endswith(".ipynb"):  # `wsdemo.progress` lists their names
                out.writestr(each, b"")
    tag = "0" + hashlib.sha256(slim.read_bytes()).hexdigest()[:8]  # a build tag begins with a digit
    name, version, rest = slim.name.split("-", 2)
    return slim.rename(slim.with_name(f"{name}-{version}-{tag}-{rest}"))


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


def read_lock(core: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return Pyodide's own lock, and its table of packages by canonical names.

    Args:
        core: the folder of :func:`fetch_pyodide`.
    """
    document = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))
    return document, {canonical(name): each for name, each in document["packages"].items()}


def versions(theirs: dict[str, Any]) -> dict[str, str]:
    """Return which wheels are fetched, each with its version.

    Args:
        theirs: the table of Pyodide's own lock.
    """
    found = {name: theirs[name]["version"] for name in sorted(needed(theirs, OF_PYODIDE))}
    return {**found, **{name: locked(name) for name in OF_COURSE}}


def fetch_all() -> None:
    """Fetch what is not here yet.

    Raises:
        Missing: something could not be fetched.
    """
    _, theirs = read_lock(fetch_pyodide())
    for name, version in versions(theirs).items():
        fetch_wheel(name, version)


def add_from_cdn(lock: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Put packages into the lock that the browser fetches from Pyodide's own site.

    Args:
        lock: the lock's table of packages; what is in it stays.
        theirs: the table of Pyodide's own lock.
    """
    for name in sorted(needed(theirs, FROM_CDN) - lock.keys()):
        lock[name] = {**theirs[name], "file_name": CDN + theirs[name]["file_name"]}


def make_pyodide(site: Path, plots_from_cdn: bool = False) -> None:
    """Put Pyodide into the site, with a lock that names what is beside it.

    Args:
        site: the running edition.
        plots_from_cdn: whether the lock also names matplotlib on Pyodide's own site.
    """
    core, target = fetch_pyodide(), site / "static" / "pyodide"
    target.mkdir(parents=True)
    for name in CORE:
        shutil.copy(core / name, target)
    document, theirs = read_lock(core)
    lock: dict[str, Any] = {}
    for name, version in versions(theirs).items():
        # The wheels on PyPI are the same but for their order, so the sums are our own.
        depends = () if name in OF_COURSE else needed(theirs, theirs[name]["depends"])
        add_package(lock, target, fetch_wheel(name, version), depends)
    [static] = site.glob("extensions/@jupyterlite/pyodide-kernel-extension/static/pypi")
    for name in KERNEL:
        [wheel] = static.glob(f"{name.replace('-', '_')}-*.whl")
        add_package(lock, target, wheel, ())
    add_package(lock, target, build_wheel(), OF_COURSE)
    if plots_from_cdn:
        add_from_cdn(lock, theirs)
    document["packages"] = lock
    (target / "pyodide-lock.json").write_text(json.dumps(document), encoding="utf-8")


def settings(plots_from_cdn: bool = False) -> dict[str, Any]:
    """Return JupyterLite's settings.

    Args:
        plots_from_cdn: whether each Python starts with matplotlib.
    """
    document = copy.deepcopy(SETTINGS)
    if plots_from_cdn:
        kernel = document["jupyter-config-data"]["litePluginSettings"][KERNEL_EXTENSION]
        kernel["loadPyodideOptions"]["packages"] += FROM_CDN
    return document


def gather(folder: Path, plots_from_cdn: bool = False) -> None:
    """Put the lessons, and what they link to, where JupyterLite looks for its files.

    Args:
        folder: an empty one.
        plots_from_cdn: as for :func:`settings`.
    """
    files = folder / "files"
    files.mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata["kernelspec"] = KERNELSPEC
        nbformat.write(notebook, files / path.name)
    for path in (ROOT / "notebooks").glob("*.md"):
        shutil.copy(path, files)
    for name in ("solutions", "javascript", "images"):
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "package-lock.json")
        shutil.copytree(ROOT / "notebooks" / name, files / name, ignore=ignored)
    for name, document in (
        ("jupyter-lite.json", settings(plots_from_cdn)),
        ("jupyter_lite_config.json", running_page.BUILD),
        ("overrides.json", running_page.overrides()),
    ):
        (folder / name).write_text(json.dumps(document), encoding="utf-8")


def build(site: Path, plots_from_cdn: bool = False) -> None:
    """Build the running edition.

    Args:
        site: the folder for it; what is in it is replaced.
        plots_from_cdn: whether matplotlib comes from Pyodide's own site when a lesson runs.

    Raises:
        Missing: something could not be fetched; nothing was changed.
    """
    fetch_all()
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        gather(Path(folder), plots_from_cdn)
        print("  building JupyterLite, up to a minute", flush=True)
        run(
            [
                *(sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", folder),
                *("--output-dir", site, "--apps", "lab", "--no-sourcemaps"),
            ],
            Path(folder),
        )
    make_pyodide(site, plots_from_cdn)
    running_page.finish(site)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
