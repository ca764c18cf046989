"""Build the running edition: the lessons in a browser tab, by JupyterLite and Pyodide.

`python start.py site` puts it beside the pages, in the folder ``run``. The versions of JupyterLite,
of its kernel and of Pyodide belong together, so all three are named exactly. Everything is fetched
when it is built, from npm and PyPI, and nothing when it runs, unless the plots come from Pyodide's
own site (``plots_from_cdn``). As a command it builds the running edition by itself::

    python -m tools.running_site FOLDER [--plots-from-cdn]
"""

import argparse
import base64
import copy
import hashlib
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools import running_compile, running_page
from tools.running_fetch import (
    CACHE,
    CDN,
    FFLATE,
    ROOT,
    fetch_npm,
    fetch_pyodide,
    fetch_wheel,
    locked,
    run,
)
from wsdemo.tab.missing import ABSENT
from wsdemo.tab.plots import PICTURES, key

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
KERNEL = ("ipykernel", "piplite", "pyodide-kernel")
"""Packages that come with JupyterLite's kernel."""

OF_PYODIDE = ("micropip", "ipython", "jedi")
"""Packages, with all that they need, in the versions of Pyodide's own lock."""

OF_COURSE = ("websockets", "nest-asyncio", "comm")
"""Packages in the versions of requirements.lock."""

FROM_CDN = ("matplotlib",)
"""Packages that are on neither npm nor PyPI for a browser, as they are compiled."""

NOT_IN_A_TAB = "not-in-a-tab"
"""The tag of a cell that needs what a browser tab has not: processes, TLS, brokers."""

NEEDS = {
    "09": "TLS, which a browser tab leaves to the browser",
    "15": "a broker, a program beside the notebook",
    "16": "brokers and a balancer, programs beside the notebook",
    "17": "pytest, a program beside the notebook",
    "18": "web frameworks and their servers",
    "19": "nginx and processes, programs beside the notebook",
    "21": "your own server, a program beside the notebook",
}
"""The lessons that cannot run in a tab, with what they need."""

CANNOT_RUN = (
    "> **This lesson does not run in a browser tab.** It needs {}. The outputs below are those "
    "that were saved when the lesson was made: read them here. To run it, open the course on your "
    "own machine; the README has the two commands."
)

IMPORTS_ABSENT = re.compile(rf"^(?:import|from) (?:{'|'.join(map(re.escape, ABSENT))})\b", re.M)
FIRST = "import wsdemo  # first: it says what a browser tab does not have"

PLOT = re.compile(r'<img [^>]*src="data:image/png;base64,([^"]+)"')

KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}

KERNEL_EXTENSION = "@jupyterlite/pyodide-kernel-extension:kernel"

WITHOUT = (
    *("audio", "celltags", "csvviewer", "htmlviewer", "logconsole", "lsp", "mermaid"),
    *("metadataform", "pdf", "terminal", "vega5", "video", "workspaces"),
)
"""JupyterLab's extensions that a lesson in a tab has no use for: each that starts makes the learner
wait longer for the first screen."""

SETTINGS: dict[str, Any] = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Learn WebSockets in Python",
        "exposeAppInBrowser": True,
        "disabledExtensions": [f"@jupyterlab/{name}-extension" for name in WITHOUT],
        "litePluginSettings": {
            KERNEL_EXTENSION: {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": [*KERNEL, *OF_PYODIDE, *OF_COURSE, "wsdemo"]},
            }
        },
        "settingsOverrides": {
            # In milliseconds. JupyterLite's copy is at times a second newer than JupyterLab has
            # noted, and then each save asked whether to throw the learner's work away.
            "@jupyterlab/docmanager-extension:plugin": {"lastModifiedCheckMargin": 30_000}
        },
    },
}


def pictures() -> dict[str, bytes]:
    """Return the saved plots of the lessons that run in a tab, by the key of their text."""
    found = {}
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        if path.name[:2] in NEEDS:
            continue
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if plot := PLOT.search(data.get("text/html", "")):
                    found[key(data["text/plain"])] = base64.b64decode(plot[1])
    return found


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
        for name, picture in pictures().items():
            path = f"wsdemo/tab/{PICTURES.name}/{name}.png"
            out.writestr(zipfile.ZipInfo(path), picture)  # without the time of the build
    tag = "0" + hashlib.sha256(slim.read_bytes()).hexdigest()[:8]  # a build tag begins with a digit
    name, version, rest = slim.name.split("-", 2)
    return slim.rename(slim.with_name(f"{name}-{version}-{tag}-{rest}"))


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
    running_compile.require_node()
    fetch_npm("fflate", FFLATE)
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


def address(name: str) -> str:
    """Return where a lesson opens, seen from the folder of the running edition.

    Each lesson has a workspace of its own. In one for all, JupyterLite would open the lessons of
    before again, each with a Python that takes some 150 MB.

    Args:
        name: the notebook's name, such as ``02_echo.ipynb``.
    """
    return f"lab/index.html?workspace={name.removesuffix('.ipynb')}&path={name}"


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
        if cell.cell_type == "code" and IMPORTS_ABSENT.search(cell.source):
            cell.source = f"{FIRST}\n{cell.source}"
    if what := NEEDS.get(path.name[:2]):
        cell = nbformat.v4.new_markdown_cell(CANNOT_RUN.format(what), id=NOT_IN_A_TAB)
        notebook.cells.insert(0, cell)
    return notebook


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
        nbformat.write(for_a_tab(path), files / path.name)
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
    print("  compiling Python's modules for the browser", flush=True)
    running_compile.compile_modules(site / "static" / "pyodide")
    running_page.finish(site)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.running_site", description=build.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plots-from-cdn", action="store_true")
    options = parser.parse_args()
    build(options.folder.resolve(), options.plots_from_cdn)


if __name__ == "__main__":
    main()
