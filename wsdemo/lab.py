"""Open the course in JupyterLab: ``wsdemo lab``."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

from wsdemo import course

__all__ = ["has_screen", "main", "options"]

_POSIX = os.name == "posix"

# A first screen without release news, and a server that asks nothing of the internet.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--Application.log_level=WARN",
)


def main(arguments: Sequence[str], folder: pathlib.Path | None = None) -> int:
    """Open JupyterLab on the first lesson; return its exit status when it has ended.

    Args:
        arguments: more options for JupyterLab.
        folder: the folder to open as it is. Unless given, the learner's copy of the lessons is
            made or brought up to date, and opened.
    """
    try:
        root = _learners_copy() if folder is None else _existing(folder)
    except course.Trouble as trouble:
        print(f"wsdemo: {trouble}", file=sys.stderr)
        return 1
    if has_screen():
        print("JupyterLab opens in your browser. If it does not, open the address below.")
    else:
        print("No screen here. Open the last address printed below in a browser of this machine.")
        print("From another machine, first: ssh -L 8888:127.0.0.1:8888 HOST  (the address's port)")
    print("To end it, press Ctrl-C here.\n", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options(root), *arguments]
    if _POSIX:
        # Nothing is between JupyterLab and the signals meant for it.
        os.execv(sys.executable, command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab got the same Ctrl-C, and decides for itself when to end


def _learners_copy() -> pathlib.Path:
    try:
        report = course.update()
    except course.Trouble as trouble:
        if not (course.home() / course.FIRST_LESSON).is_file():
            raise
        # They can work with what they have.
        print(f"wsdemo: {trouble}\n", file=sys.stderr, flush=True)
        return course.home()
    if report:
        print(f"{report}\n")
    return report.folder


def _existing(folder: pathlib.Path) -> pathlib.Path:
    if not folder.is_dir():
        raise course.Trouble(f"there is no folder {folder}")
    return folder.absolute()


def options(root: pathlib.Path) -> list[str]:
    """Return JupyterLab's options on this machine.

    Args:
        root: the folder that it shows.
    """
    place = f"/tree/{course.FIRST_LESSON}" if (root / course.FIRST_LESSON).is_file() else ""
    found = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab{place}"]
    found += QUIET
    if getattr(os, "geteuid", lambda: 1)() == 0:
        found.append("--allow-root")
    if not has_screen():
        found.append("--no-browser")
    return found


def has_screen() -> bool:
    """Tell whether a browser opened here would be seen by the person."""
    if os.environ.get("BROWSER"):
        return True
    if str(sys.platform).startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" not in os.environ
