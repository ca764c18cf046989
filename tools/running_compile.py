"""Put compiled modules into the running edition, so that a browser need not compile them.

Python starts in less than half the time then: it imports some 800 modules, of the standard library,
of IPython and of what IPython needs. The Python that compiles must be the one that runs, so it is
Pyodide, under Node.

What a compiled module takes more is saved elsewhere: a learner reads the sources of Python, of
`websockets` and of `wsdemo`, and not those of IPython, which are left out where they are compiled.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from tools.running_fetch import PYTHON, ROOT, Missing, run
from wsdemo.doctor import find_node

PROGRAM = ROOT / "tools" / "running_compile.mjs"
DIGITS = PYTHON.replace(".", "")

STANDARD = "python_stdlib.zip"
WITH_SOURCES = ("websockets", "nest-asyncio", "wsdemo")

NEVER_USED = (
    "IPython/sphinxext/",
    "IPython/testing/",
    "jedi/third_party/django-stubs/",
    "jedi/third_party/typeshed/stdlib/2/",
    "jedi/third_party/typeshed/third_party/",
    "prompt_toolkit/contrib/",
    "pygments/formatters/",
    "pygments/lexers/",
    "pygments/styles/",
    "wsdemo/classroom/web/",
    # of the standard library
    "_pyrepl/",
    "doctest.py",
    "ftplib.py",
    "imaplib.py",
    "mailbox.py",
    "pickletools.py",
    "smtplib.py",
    "wsgiref/",
    "xmlrpc/",
)
"""Of this, only what is compiled is kept: the types of packages and of a Python that no tab has,
the colours of other languages, what a terminal, another program or a network needs."""


def require_node() -> str:
    """Return Node's path.

    Raises:
        Missing: it is not here.
    """
    if node := find_node():
        return node
    raise Missing("Node is missing, which compiles Python for the browser. Install Node.js 20.")


def compile_modules(pyodide: Path) -> None:
    """Compile what a Python imports when it starts, and put it into the archives.

    A wheel's name changes with what is in it, so that no browser takes an older one that it has
    kept; the lock names the new one.

    Args:
        pyodide: the folder with Pyodide, the wheels and the lock.

    Raises:
        Missing: Node is not here.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder)
        run([require_node(), PROGRAM, pyodide, compiled])
        # Python takes a compiled module from a zip only beside its source.
        rewrite(pyodide / STANDARD, compiled / f"lib/python{DIGITS}.zip", beside)
        lock = pyodide / "pyodide-lock.json"
        document = json.loads(lock.read_text(encoding="utf-8"))
        for package in document["packages"].values():
            if "://" not in package["file_name"]:
                wheel = pyodide / package["file_name"]
                place = cached if package["name"] in WITH_SOURCES else None
                rewrite(wheel, compiled / f"lib/python{PYTHON}/site-packages", place)
                rename(wheel, package)
        lock.write_text(json.dumps(document), encoding="utf-8")


def beside(source: PurePosixPath) -> PurePosixPath:
    """Return where a compiled module is found without its source, or in a zip."""
    return source.with_suffix(".pyc")


def cached(source: PurePosixPath) -> PurePosixPath:
    """Return where a compiled module is found that has its source."""
    return source.parent / "__pycache__" / f"{source.stem}.cpython-{DIGITS}.pyc"


def rewrite(
    archive: Path, compiled: Path, place: Callable[[PurePosixPath], PurePosixPath] | None
) -> None:
    """Write an archive again with compiled modules.

    Args:
        archive: a zip, or a wheel.
        compiled: the folder with a ``.pyc`` at the path of each source in the archive.
        place: where a compiled module stands beside its source; None to leave the source out.
    """
    with zipfile.ZipFile(archive) as old:
        files = {each.filename: old.read(each) for each in old.infolist() if not each.is_dir()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name, content in files.items():
            code = compiled / f"{name}c"
            if code.is_file():
                target = (place or beside)(PurePosixPath(name))
                write(new, str(target), code.read_bytes())
            # The record lists files of before, and nothing in a browser reads it.
            left_out = name.startswith(NEVER_USED) or name.endswith(".dist-info/RECORD")
            if not left_out and (place or not code.is_file()):
                write(new, name, content)


def write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Put a file into an archive, without the time, so that the same files give the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def rename(wheel: Path, package: dict[str, Any]) -> None:
    """Give a wheel a build tag that says what is in it, and write name and sum into its entry.

    Args:
        wheel: the file.
        package: its entry in the lock.
    """
    total = hashlib.sha256(wheel.read_bytes()).hexdigest()
    name, version, *_, python, abi, platform = wheel.stem.split("-")
    # A build tag begins with a digit.
    file_name = f"{name}-{version}-0{total[:8]}-{python}-{abi}-{platform}.whl"
    wheel.rename(wheel.with_name(file_name))
    package |= {"file_name": file_name, "sha256": total}
