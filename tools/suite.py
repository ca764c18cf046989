"""Every check of the project, one step after the other: what `python start.py test` runs.

With notebooks it runs all that the tests ask of these lessons; with other arguments pytest alone,
with these arguments. ``--weekly`` runs the tests, too, that are left to the weekly run.
``--repeat 20`` before all else does it twenty times, and stops at a failure; ``--stalls`` before
that lets the programs stall meanwhile, as on a busy machine.
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tools.stalls import stalling

ROOT = Path(__file__).resolve().parent.parent
JAVASCRIPT = ROOT / "notebooks" / "javascript"
# No step takes a tenth of this; it is there so that a hanging one ends at all.
LONGEST_STEP = 1800

PYTEST = (sys.executable, "-m", "pytest", "-p", "tools.without_grammar")
WEEKLY = "--weekly"
# More workers than cores: these tests wait more than they compute. Which of them stay together is
# in tests/spread.py; a notebook's cells belong to one kernel, and a browser to one file.
SPREAD = ("--dist", "loadfile", "-q")
BROWSER_TESTS = (*PYTEST, "tests/browser", "-p", "no:nbval", "-n", "3", *SPREAD)
EXERCISES = (*PYTEST, "tests/checks", "-p", "no:nbval", "-n", "5", *SPREAD)
ELSEWHERE = ("--ignore=tests/browser", "--ignore=tests/checks")
UNIT_TESTS = (*PYTEST, "tests", *ELSEWHERE, "-p", "no:nbval", "-n", "4", *SPREAD)
NBVAL = ("-p", "tools.hardships", "-p", "tools.needs", "--nbval")
NOTEBOOKS = (*PYTEST, "notebooks", *NBVAL, "-n", "3", *SPREAD)
BIOME = JAVASCRIPT / "node_modules/@biomejs/biome/bin/biome"
STYLE = (
    (sys.executable, "-m", "ruff", "check"),
    (sys.executable, "-m", "ruff", "format", "--check"),
    (sys.executable, "-m", "mypy"),
)


@dataclass
class Step:
    """What one step came to.

    Attributes:
        name: what it is called in the summary.
        passed: how many tests passed.
        failed: how many failed, in the test or around it.
        skipped: how many could not run here.
        seconds: how long it took.
    """

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        verdict = "failed" if self.failed else "ok"
        return f"{self.name:<12} {verdict:<7} {counts(self)} in {self.seconds:.1f} s"


def counts(step: Step) -> str:
    """Give the three numbers in the words that CI reads."""
    text = f"{step.passed} passed, {step.failed} failed"
    return f"{text}, {step.skipped} skipped" if step.skipped else text


def call(command: Sequence[str], cwd: Path = ROOT, output: IO[str] | None = None) -> int:
    """Run a program with a time limit.

    Args:
        command: the program and its arguments.
        cwd: the folder it runs in.
        output: the file that what it prints goes to; None for the terminal.

    Returns:
        Its exit status; 1 if it took too long.
    """
    errors = subprocess.STDOUT if output else None
    try:
        return subprocess.run(
            command, cwd=cwd, timeout=LONGEST_STEP, stdout=output, stderr=errors
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"ended after {LONGEST_STEP} s: {' '.join(map(str, command))}", flush=True)
        return 1


def style(output: IO[str] | None = None) -> Step:
    """Check and format-check package, tests and notebooks, and the JavaScript where Node is.

    Args:
        output: the file that what the checkers print goes to; None for the terminal.
    """
    print("\n=== style", flush=True)
    began = time.monotonic()
    node = shutil.which("node")
    biome = [(node, str(BIOME), "check", "--error-on-warnings")] if node and BIOME.is_file() else []
    codes = [call(command, output=output) for command in (*STYLE, *biome)]
    step = Step("style", passed=codes.count(0), failed=len(codes) - codes.count(0))
    step.seconds = time.monotonic() - began
    if not biome:
        print("The JavaScript was not checked: Node or npm's biome is missing.", flush=True)
        if os.environ.get("CI"):
            step.failed += 1
        else:
            step.skipped += 1
    return step


def pytest_step(name: str, command: Sequence[str], output: IO[str] | None = None) -> Step:
    """Run pytest and count what it says in its report.

    Args:
        name: what the step is called.
        command: pytest and its arguments.
        output: the file that what it prints goes to; None for the terminal.
    """
    if output is None:
        print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        code = call([*command, f"--junit-xml={report}"], output=output)
        step = read_report(name, report)
    step.seconds = time.monotonic() - began
    if code != 0 and not step.failed:
        # It found no test, was interrupted or broke down: no count shows that.
        step.failed = 1
    return step


def read_report(name: str, report: Path) -> Step:
    """Count the results in a report in JUnit's form.

    Args:
        name: what the step is called.
        report: the file, which pytest may not have come to write.
    """
    step = Step(name)
    if not report.is_file():
        return step
    for suite in ET.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        step.failed += failed
        step.skipped += skipped
        step.passed += int(suite.get("tests", 0)) - failed - skipped
    return step


def fetch_ws() -> Step | None:
    """Install npm's ws for the JavaScript programs, if Node is here and package.json has changed.

    Returns:
        A failed step where it could not be had, for the summary; else None.
    """
    npm = shutil.which("npm")
    package = (JAVASCRIPT / "package.json").read_bytes()
    wanted = hashlib.sha256(package).hexdigest()
    modules = JAVASCRIPT / "node_modules"
    mark = modules / ".wsdemo"
    # A set-up for a learner takes away again what only the tests need, and leaves the mark.
    kinds = ("dependencies", "devDependencies")
    names = [name for kind in kinds for name in json.loads(package).get(kind, ())]
    complete = all((modules / name).is_dir() for name in names)
    if npm is None or (complete and mark.is_file() and mark.read_text() == wanted):
        return None
    began = time.monotonic()
    # A lock file of npm's would record the address of whoever's registry it came from.
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    if call([npm, "install", *options], cwd=JAVASCRIPT) == 0:
        mark.write_text(wanted)
        return None
    print("npm's ws could not be fetched: what needs it is skipped.", flush=True)
    return Step("npm install", failed=1, seconds=time.monotonic() - began)


def run_all(weekly: bool = False) -> list[Step]:
    """Run every step, and give what each came to.

    Args:
        weekly: whether to run what is left to the weekly run, too.
    """
    steps = []
    missing_ws = fetch_ws()
    if missing_ws and os.environ.get("CI"):
        # A learner without a network goes on without it; CI must not.
        steps.append(missing_ws)
    more = (WEEKLY,) if weekly else ()
    # Each of the two computes while the other waits.
    steps += side_by_side(
        [style, *tests(("browser", (*BROWSER_TESTS, *more)), ("notebooks", NOTEBOOKS))],
        tests(("exercises", (*EXERCISES, *more)), ("unit tests", (*UNIT_TESTS, *more))),
    )
    return steps


Run = Callable[["IO[str] | None"], Step]
"""Runs a step; what it prints goes to a file, or to the terminal."""


def tests(*commands: tuple[str, Sequence[str]]) -> list[Run]:
    """Make steps of pytest's.

    Args:
        commands: for each, what the step is called, and its command.
    """
    return [functools.partial(pytest_step, *each) for each in commands]


def side_by_side(first: Sequence[Run], second: Sequence[Run]) -> list[Step]:
    """Run two rows of steps at the same time; what the second prints is shown when both are done.

    Args:
        first: steps to run one after the other.
        second: those to run beside them.
    """

    def beside() -> list[tuple[Step, str]]:
        done = []
        for run in second:
            with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
                step = run(output)
                output.seek(0)
                done.append((step, output.read()))
        return done

    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(beside)
        steps = [run(None) for run in first]
        for step, printed in later.result():
            print(f"\n=== {step.name}\n{printed}", flush=True)
            steps.append(step)
    return steps


def run_lesson(notebook: Path) -> list[Step]:
    """Run all that the tests ask of one lesson, and give what each step came to.

    Args:
        notebook: the lesson.
    """
    name, number = notebook.stem, notebook.stem[:2]
    if not notebook.is_file():
        print(f"there is no {notebook}", flush=True)
        return [Step(name, failed=1)]
    plain = (*PYTEST, "-p", "no:nbval", "-q", WEEKLY)
    return [
        pytest_step(f"{name}: {step}", command)
        for step, command in (
            ("cells", (*PYTEST, "--nbval", str(notebook), "-q")),
            ("form", (*plain, "tests/lessons", "-k", name)),
            ("exercises", (*plain, "tests/checks", "-k", f"{number}.")),
            ("browser", (*plain, "tests/browser", "-k", name)),
        )
    ]


def main(arguments: Sequence[str]) -> int:
    """Run every step, those of some lessons, or pytest alone; return the exit status.

    Args:
        arguments: notebooks, or pytest's arguments; none for every step.
    """
    repeat, words = 1, list(arguments)
    if words[:1] == ["--stalls"]:
        with stalling():
            return main(words[1:])
    if words[:1] == ["--repeat"] and len(words) > 1 and words[1].isdecimal():
        repeat, words = int(words[1]), words[2:]
    for number in range(1, repeat + 1):
        if repeat > 1:
            print(f"\n### {number} of {repeat}", flush=True)
        if code := run(words):
            return code
    return 0


def run(words: Sequence[str]) -> int:
    """Run once what the arguments ask for; return the exit status."""
    if list(words) == [WEEKLY]:
        return summary(run_all(weekly=True))
    if words and all(word.endswith(".ipynb") for word in words):
        return summary([step for word in words for step in run_lesson(ROOT / word)])
    if words:
        # nbval takes two seconds to load, and is of use for notebooks only.
        plugins = [] if "--nbval" in words else ["-p", "no:nbval"]
        return call([*PYTEST, *plugins, *words])
    return summary(run_all())


def summary(steps: Sequence[Step]) -> int:
    """Print what the steps came to, and their sum, which CI reads; return the exit status."""
    print("\n" + "\n".join(map(str, steps)) + "\n")
    total = Step("total")
    for step in steps:
        total.passed += step.passed
        total.failed += step.failed
        total.skipped += step.skipped
    print(counts(total), flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
