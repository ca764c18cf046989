#!/usr/bin/env python3
"""Set up wsdemo and open it: the one file to run on a fresh machine.

    python start.py                    open your own copy of the course in JupyterLab
    python start.py update             bring what is new in the lessons into your copy
    python start.py reset LESSON       start a lesson again, and keep your old one aside
    python start.py solutions LESSON   copy the worked answers of a lesson into your copy
    python start.py progress           show which exercises you have solved
    python start.py test               run the checks that each change has to pass
    python start.py test NOTEBOOKS     run every check of these lessons
    python start.py test ARGS          run pytest alone, with these arguments
    python start.py test --repeat 20 … the same, twenty times
    python start.py test --stalls …    the same, as on a machine that stalls now and then
    python start.py test --weekly      run every check, with those that each week is enough for
    python start.py test --newest      the same with the newest versions, not those of the lock
    python start.py serve APP          run a finished server, such as chat; --help tells its options
    python start.py wire URL           show what passes to your own server; --help tells its options
    python start.py judge ws://…       judge your own WebSocket server or client; --help tells more
    python start.py class              start a class that votes, with a board for the projector
    python start.py join ADDRESS …     join a teacher's class; --help tells the other words
    python start.py leave              leave it: nothing is sent any more
    python start.py questions          twenty questions, before the course and after it
    python start.py doctor             say what is here and what is missing
    python start.py edit               open the lessons themselves, to change the course
    python start.py notebooks [NAMES]  run the notebooks and save them normalised
    python start.py bench [NAMES]      measure the figures of benchmarks/README.md; --save them
    python start.py site [FOLDER]      build a web site of the course; its lessons run in a browser
    python start.py site --serve       show it at 127.0.0.1; --help lists the other options
    python start.py lock               choose the exact versions again
    python start.py wheels FOLDER      fetch what machines without a network need to set up
    python start.py --wheels FOLDER …  set up from it with no network, then do as above
    python start.py help               print this text

It needs Python 3.11 or newer and nothing else. Everything it installs goes into the folder .venv
beside it; to undo all of it, delete that folder.
"""

# This file has to parse on Python 3.6: an old Python must reach the sentence that says so,
# and not stop at syntax it does not know.

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = BIN / ("python" + SUFFIX)
UV = BIN / ("uv" + SUFFIX)
MARK = VENV / "wsdemo.json"
LOCK = ROOT / "requirements.lock"
PYPROJECT = ROOT / "pyproject.toml"

OLDEST_PYTHON = (3, 11)
UV_REQUIREMENT = "uv>=0.9,<1"
DISK_NEEDED = 1 << 30
SIGN_OF_LIFE = 15

# The levels a set-up can have, each with what is installed for it. A learner on a slow line
# does not wait for the test tools.
LEVELS = {"lab": ".[scale]", "test": ".[test]"}
# Where a system has no packages of the brokers (Alpine), all lessons but 15 and 16 work.
WITHOUT_BROKERS = "."

# Of npm, a learner needs what pages and programs import, and not what the tests do. A lock file
# would record the address of whoever's registry it came from; and who has no network is not to
# wait for it again and again.
NPM_INSTALL = ["install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund"]
NPM_INSTALL += ["--ignore-scripts", "--fetch-retries=0", "--prefix"]

# What `python start.py wheels` writes into its folder: what can be installed from there, for
# each system and Python.
CONTENTS = "wheels.json"


class Problem(Exception):
    """Something that only the person at the keyboard can put right."""

    def __init__(self, what: str, *advice: str) -> None:
        super().__init__(what)
        self.advice = advice

    def __str__(self) -> str:
        return "\n".join(["wsdemo: " + self.args[0]] + ["  " + line for line in self.advice])


# ---------------------------------------------------------------------------------------------
# What has to be there first


def require_python(version: "Sequence[Any]" = sys.version_info) -> None:
    """Check that this Python is new enough.

    Args:
        version: the version to judge, as `sys.version_info` gives it.

    Raises:
        Problem: it is too old.
    """
    found = tuple(version[:3])
    if found < OLDEST_PYTHON:
        raise Problem(
            "Python {}.{} or newer is needed; this is Python {}.".format(
                *OLDEST_PYTHON, ".".join(map(str, found))
            ),
            f"It is {sys.executable}",
            "A newer one may be here already: try python3.13 start.py, or on Windows py start.py",
            "Debian, Ubuntu:  sudo apt install python3 python3-venv",
            "macOS:           brew install python",
            "Windows:         winget install Python.Python.3.13",
            "Anywhere:        the installer from python.org, or conda create -n wsdemo python=3.12",
        )


def require_modules(find_spec: "Callable[[str], Any]" = importlib.util.find_spec) -> None:
    """Check that this Python can make virtual environments.

    Args:
        find_spec: looks a module up; gives None for one that is missing.

    Raises:
        Problem: `venv` or `ensurepip` is missing, as in Debian's bare python3.
    """
    missing = [name for name in ("venv", "ensurepip") if find_spec(name) is None]
    if missing:
        raise Problem(
            "this Python comes without its module {}.".format(" and ".join(missing)),
            "Debian, Ubuntu:  sudo apt install python3-venv",
            "Elsewhere:       install the distribution's package for it, or Python from python.org",
            "Then run the same command again.",
        )


def require_room(folder: Path = ROOT) -> None:
    """Check that the folder can be written to and its disk has room.

    Args:
        folder: where `.venv` is to be made.

    Raises:
        Problem: no write access, or less free space than an environment takes.
    """
    try:
        with tempfile.TemporaryFile(dir=str(folder)):
            pass
        free = shutil.disk_usage(str(folder)).free
    except OSError as error:
        raise Problem(
            f"cannot write to {folder}: {error.strerror}.",
            "Copy the course to a folder of your own and run it there.",
        ) from error
    if free < DISK_NEEDED:
        raise Problem(
            f"only {free >> 20} MB are free on the disk of {folder}; 1 GB is needed.",
            "Make room, or copy the course to a larger disk.",
        )


# ---------------------------------------------------------------------------------------------
# What is set up already


def fingerprint(newest: bool = False) -> str:
    """Give a hash of everything that a set-up depends on.

    The folder belongs to it, since a virtual environment that was moved or copied still points
    to where it was made.

    Args:
        newest: whether the lock is to be ignored.
    """
    parts = [b"newest" if newest else LOCK.read_bytes(), PYPROJECT.read_bytes()]
    parts += [text.encode() for text in (sys.version, sys.base_prefix, str(ROOT))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_mark() -> "dict[str, Any]":
    """Give what the last finished set-up noted; an empty dict if there was none."""
    try:
        mark = json.loads(MARK.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}


def is_ready(level: str, newest: bool = False) -> bool:
    """Tell whether `.venv` already holds what a level needs.

    Args:
        level: a key of `LEVELS`.
        newest: whether the lock is to be ignored.
    """
    mark = read_mark()
    levels = list(LEVELS)
    return (
        PYTHON.exists()
        and mark.get("fingerprint") == fingerprint(newest)
        and mark.get("level") in levels[levels.index(level) :]
    )


# ---------------------------------------------------------------------------------------------
# Setting up


def run_step(title: str, command: "Sequence[str]") -> bool:
    """Run one step of the set-up and show that it goes on.

    On a terminal the tool draws its own progress. Elsewhere its output is kept back, and shown
    only if it fails.

    Args:
        title: what is being done.
        command: the program and its arguments.

    Returns:
        Whether it succeeded.
    """
    began = time.monotonic()
    print(f"  {title} ...", flush=True)
    if sys.stdout.isatty():
        return subprocess.call(command, cwd=str(ROOT), env=environment()) == 0
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=str(ROOT), env=environment(), stdout=output, stderr=output
        )
        try:
            code = wait_for(process)
        except BaseException:
            process.kill()
            raise
        if code != 0:
            output.seek(0)
            for line in output.read().decode(errors="backslashreplace").splitlines()[-15:]:
                print("    " + line)
    result = "done" if code == 0 else "failed"
    print(f"    {result}, {time.monotonic() - began:.1f} s", flush=True)
    return code == 0


def wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Wait until a process ends, print a sign of life meanwhile, and give its exit status."""
    began = time.monotonic()
    while True:
        try:
            return process.wait(SIGN_OF_LIFE)
        except subprocess.TimeoutExpired:
            print(f"    still busy, {time.monotonic() - began:.0f} s", flush=True)


def make_environment(source: "Sequence[str]" = ()) -> None:
    """Make `.venv` afresh, with pip and uv in it.

    Args:
        source: pip's options for where to find packages.

    Raises:
        Problem: something it needs is missing.
    """
    require_modules()
    require_room()
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not run_step(f"making {VENV.name} with Python {sys.version.split()[0]}", make):
        raise Problem(
            f"the virtual environment {VENV} could not be made.",
            "Delete that folder and run the same command again.",
            "If a program still uses it (on Windows a running kernel does), end that first.",
        )
    # uv installs in seconds what takes pip a minute; without it, pip does as well.
    run_step("fetching the installer, uv", [*pip("install"), *source, UV_REQUIREMENT])


def pip(command: str) -> "list[str]":
    """Give the start of a command for `.venv`'s own pip."""
    # Five tries with growing pauses, as pip has it, are a long silence where there is no network.
    options = ["--disable-pip-version-check", "--retries", "1"]
    return [str(PYTHON), "-m", "pip", command, *options]


def reaches_packages() -> bool:
    """Tell whether packages can be fetched, by fetching a small one that the course needs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*pip("download"), "--quiet", "--no-deps", "--dest", folder, "nest-asyncio"]
        return subprocess.run(command, env=environment(), capture_output=True).returncode == 0


def install(level: str, newest: bool = False) -> None:
    """Install the course, in editable form, with what a level needs.

    Args:
        level: a key of `LEVELS`.
        newest: whether the lock is to be ignored.

    Raises:
        Problem: the packages could not be had.
    """
    versions = ["--upgrade"] if newest else ["--constraint", str(LOCK)]
    versions.append("--editable")
    wanted = [*versions, LEVELS[level]]
    if UV.exists():
        command = [str(UV), "pip", "install", "--python", str(PYTHON), *wanted]
        if run_step("installing the course with uv", command):
            return
    if not reaches_packages():
        raise Problem(
            "the packages cannot be fetched: the package index does not answer.",
            "No network?  Connect and run the same command again: what came is kept.",
            "A proxy?     Set HTTPS_PROXY to http://HOST:PORT",
            "A mirror?    Set UV_INDEX_URL and PIP_INDEX_URL to its address.",
        )
    # pip may succeed where uv did not: its settings may name a mirror that uv does not know.
    if run_step("installing the course with pip, a minute or two", pip("install") + wanted):
        return
    less = [*versions, WITHOUT_BROKERS]
    if level == "lab" and run_step("installing all but the brokers", pip("install") + less):
        print("  Lessons 15 and 16 say in their first cells what they miss.", flush=True)
        return
    raise Problem(
        "the packages could not be installed; the lines above say why.",
        "A full disk?        Set UV_CACHE_DIR and PIP_CACHE_DIR to folders on a larger one.",
        "An unusual system?  Try conda: conda env create -f environment.yml",
    )


def this_system() -> "tuple[str, str]":
    """Return this system and this Python by the names that `python start.py wheels` has."""
    python = "{}.{}".format(*sys.version_info[:2])
    if os.name == "nt":
        system = sysconfig.get_platform()
        return "windows" if system == "win-amd64" else system, python
    system = "macos" if sys.platform == "darwin" else sys.platform
    return f"{system}-{platform.machine()}", python


def read_wheels(folder: Path) -> "list[str]":
    """Return what can be installed from a folder of wheels, the course itself first.

    Args:
        folder: what `python start.py wheels` has filled.

    Raises:
        Problem: it has nothing for this machine.
    """
    system, python = this_system()
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))["install"]
        if any(folder.glob("*.whl")):
            return list(contents[system + " " + python])
        what = f"the folder {folder} has no wheels."
    except OSError:
        what = f"there is no folder {folder}."
        if folder.is_dir():
            what = f"the folder {folder} was not filled by `python start.py wheels`."
    except (KeyError, TypeError, ValueError):
        what = f"the folder {folder} has nothing for {system} and Python {python}."
    raise Problem(what, fetch_wheels())


def fetch_wheels() -> str:
    """Return the advice to fetch wheels for this machine."""
    return (
        "On a machine with a network, fetch what this one needs:\n"
        "  python start.py wheels FOLDER --for {} --python {}".format(*this_system())
    )


def install_from(folder: Path, wanted: "Sequence[str]") -> None:
    """Install the course, in editable form, from a folder of wheels and nothing else.

    Args:
        folder: what `python start.py wheels` has filled.
        wanted: what to install, the course itself first.

    Raises:
        Problem: something is not in the folder.
    """
    wanted = [*from_folder(folder), "--constraint", str(LOCK), "--editable", *wanted]
    if UV.exists():
        command = [str(UV), "--no-config", "--offline", "pip", "install", "--python", str(PYTHON)]
        if run_step("installing the course with uv", command + wanted):
            return
    if not run_step("installing the course with pip", [*pip("install"), "--isolated", *wanted]):
        raise Problem(
            f"the packages in {folder} are not those that this copy of the course needs.",
            "Use the copy of the course that the folder was filled with, or fill it again.",
            fetch_wheels(),
        )


def from_folder(folder: Path) -> "list[str]":
    """Return pip's and uv's options to take packages from a folder only."""
    return ["--no-index", "--find-links", str(folder)]


def copy_javascript(folder: Path) -> None:
    """Copy npm's packages from a folder of wheels, where they are; no npm is needed.

    Args:
        folder: what `python start.py wheels` has filled.
    """
    modules = folder / "npm" / "node_modules"
    if not modules.is_dir():
        print("  No npm packages there: the programs in JavaScript miss theirs.", flush=True)
        return
    target = ROOT / "notebooks" / "javascript" / "node_modules"
    try:
        shutil.copytree(str(modules), str(target), dirs_exist_ok=True)
    except OSError as error:  # of which shutil.Error is one
        print(f"  npm's packages could not be copied: {error}", flush=True)


def fetch_javascript() -> None:
    """Fetch what pages and programs in JavaScript import, where npm is; the course opens anyway."""
    npm = shutil.which("npm")
    if npm is None:
        return
    folder = ROOT / "notebooks" / "javascript"
    if not run_step("fetching npm's packages", [npm, *NPM_INSTALL, str(folder)]):
        print("  For the programs in JavaScript: `npm install` in notebooks/javascript", flush=True)


def set_up(level: str, newest: bool = False, wheels: "Path | None" = None) -> None:
    """See to it that `.venv` holds what a level needs; do nothing when it does.

    Args:
        level: a key of `LEVELS`.
        newest: whether to install the newest versions allowed, not the lock's.
        wheels: a folder to install from, in place of the network.

    Raises:
        Problem: something it needs is missing.
    """
    if not newest and is_ready(level):
        return
    wanted = read_wheels(wheels) if wheels else []
    began = time.monotonic()
    print("Setting up wsdemo: once, and again only when its requirements change.", flush=True)
    made_by = [list(sys.version_info[:3]), str(ROOT)]
    keep = PYTHON.exists() and read_mark().get("made_by") == made_by
    # While there is no mark, a set-up that is cut short counts as none: nobody knows how far
    # it got.
    if MARK.exists():
        MARK.unlink()
    if not keep:
        make_environment(["--isolated", *from_folder(wheels)] if wheels else [])
    if wheels:
        install_from(wheels, wanted)
        copy_javascript(wheels)
    else:
        install(level, newest)
    if level == "lab" and not wheels:  # the tests fetch theirs, which are more
        fetch_javascript()
    mark = {"fingerprint": fingerprint(newest), "level": level, "made_by": made_by}
    MARK.write_text(json.dumps(mark, indent=1), encoding="utf-8")
    print(f"Ready after {time.monotonic() - began:.0f} s.\n", flush=True)


# ---------------------------------------------------------------------------------------------
# The commands


def environment() -> "dict[str, str]":
    """Give the environment variables for programs that run in `.venv`."""
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    variables["VIRTUAL_ENV"] = str(VENV)
    variables["PATH"] = os.pathsep.join([str(BIN), variables.get("PATH", "")])
    # A kernel named python3 in the person's own folders must not stand before the course's.
    variables["JUPYTER_PREFER_ENV_PATH"] = "1"
    variables["UV_PYTHON_DOWNLOADS"] = "never"
    # The course's advice names the command that works here, where no environment is activated.
    variables["WSDEMO_COMMAND"] = "python start.py"
    return variables


def hand_over(*command: str) -> int:
    """Run a program of `.venv` in place of this one, and end as it ends."""
    words = [str(PYTHON), *map(str, command)]
    sys.stdout.flush()
    if os.name == "posix":
        # Nothing stands between the program and the signals meant for it.
        os.chdir(str(ROOT))
        os.execve(words[0], words, environment())
    process = subprocess.Popen(words, cwd=str(ROOT), env=environment())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # It got the same Ctrl-C, and decides for itself when to end.
            continue


def of_the_package(name: str) -> "Callable[[list[str]], int]":
    """Give the command that runs a command of wsdemo itself.

    Args:
        name: what it is called there.
    """

    def run(arguments: "list[str]") -> int:
        set_up("lab")
        return hand_over("-m", "wsdemo", name, *arguments)

    return run


def edit(arguments: "list[str]") -> int:
    """Open JupyterLab on the lessons themselves, for those who change the course."""
    set_up("lab")
    return hand_over("-m", "wsdemo", "lab", "--in", str(ROOT / "notebooks"), *arguments)


def test(arguments: "list[str]") -> int:
    """Run every check, or pytest alone with the arguments given."""
    newest = "--newest" in arguments
    arguments = [word for word in arguments if word != "--newest"]
    set_up("test", newest)
    return hand_over("tools/suite.py", *arguments)


def notebooks(arguments: "list[str]") -> int:
    """Run the notebooks in place and save them normalised."""
    set_up("lab")
    return hand_over("-m", "tools.notebooks", *arguments)


def bench(arguments: "list[str]") -> int:
    """Run the benchmarks, all or those named."""
    folder = ROOT / "benchmarks"
    known = sorted(path.stem for path in folder.glob("[!_]*.py"))
    options = [word for word in arguments if word == "--save"]
    arguments = [word for word in arguments if word != "--save"]
    for name in arguments:
        if name not in known:
            raise Problem(f"no benchmark {name!r}.", "There are: " + ", ".join(known))
    set_up("test")
    status = 0
    for name in arguments or known:
        print(f"\n{name}", flush=True)
        script = str(folder / (name + ".py"))
        code = subprocess.call([str(PYTHON), script, *options], cwd=str(ROOT), env=environment())
        status = status or code
    return status


def site(arguments: "list[str]") -> int:
    """Build the course as a web site."""
    set_up("test")
    return hand_over("-m", "tools.website", *arguments)


def lock(arguments: "list[str]") -> int:
    """Write requirements.lock: exact versions for all systems, and no addresses."""
    if not UV.exists():
        # The old lock may contradict pyproject.toml, which is why it is being made anew.
        set_up("lab", newest=True)
    command = [str(UV), "pip", "compile", PYPROJECT.name, "--output-file", LOCK.name]
    command += ["--upgrade", "--universal", "--all-extras", "--python-version", "3.11", "--quiet"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--annotation-style", "line"]
    command += ["--custom-compile-command", "python start.py lock", *arguments]
    return subprocess.call(command, cwd=str(ROOT), env=environment())


def wheels(arguments: "list[str]") -> int:
    """Fetch what machines without a network need."""
    set_up("lab")
    own = ["--installer", UV_REQUIREMENT, "--here", os.getcwd()]
    return hand_over("-m", "tools.wheels", *own, *arguments)


def usage(arguments: "list[str]") -> int:
    """Print how this file is used."""
    print(__doc__.strip())
    return 0


COMMANDS = {
    "lab": of_the_package("lab"),
    "update": of_the_package("update"),
    "reset": of_the_package("reset"),
    "solutions": of_the_package("solutions"),
    "progress": of_the_package("progress"),
    "edit": edit,
    "test": test,
    "serve": of_the_package("serve"),
    "wire": of_the_package("wire"),
    "judge": of_the_package("judge"),
    "class": of_the_package("class"),
    "join": of_the_package("join"),
    "leave": of_the_package("leave"),
    "questions": of_the_package("questions"),
    "doctor": of_the_package("doctor"),
    "notebooks": notebooks,
    "bench": bench,
    "site": site,
    "lock": lock,
    "wheels": wheels,
    "help": usage,
    "-h": usage,
    "--help": usage,
}


# These commands need packages that are not in a folder of wheels.
NOT_FROM_WHEELS = ("test", "bench", "site", "lock", "wheels")


def take_folder(arguments: "list[str]") -> "tuple[Path | None, list[str]]":
    """Return the folder after --wheels, None if there is none, and the other arguments.

    Raises:
        Problem: no folder follows --wheels.
    """
    if arguments[:1] != ["--wheels"]:
        return None, arguments
    if len(arguments) < 2:
        raise Problem("--wheels needs the folder that `python start.py wheels FOLDER` filled.")
    return Path(arguments[1]).resolve(), arguments[2:]


def main(arguments: "list[str]") -> int:
    """Run the command that the arguments name, and give the exit status."""
    try:
        require_python()
        folder, arguments = take_folder(arguments)
        name = arguments[0] if arguments else "lab"
        if name not in COMMANDS:
            names = ", ".join(key for key in COMMANDS if not key.startswith("-"))
            raise Problem(f"no command {name!r}.", f"There are: {names}.")
        if folder and COMMANDS[name] is not usage:
            if name in NOT_FROM_WHEELS:
                raise Problem(f"`{name}` needs a network: type it without --wheels.")
            set_up("lab", wheels=folder)
        return COMMANDS[name](arguments[1:])
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command to start again.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
