"""Open the course in JupyterLab: ``wsdemo lab``."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["has_screen", "main", "options"]

ROOT = pathlib.Path(__file__).resolve().parents[1]
"""The checkout that the package was installed from; it has the lessons."""

FIRST_LESSON = "notebooks/00_start_here.ipynb"

# A first screen without release news, and a server that asks nothing of the internet.
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--Application.log_level=WARN",
)


def main(arguments: Sequence[str]) -> int:
    """Open JupyterLab on the first lesson; return its exit status when it has ended.

    Args:
        arguments: more options for JupyterLab.
    """
    if not (ROOT / FIRST_LESSON).is_file():
        print("wsdemo: the lessons are not part of the package: clone the project, and there run")
        print("        python start.py")
        return 1
    if has_screen():
        print("JupyterLab opens in your browser. If it does not, use the address below.")
    else:
        print("No screen here. Open the last address printed below in a browser of this machine.")
        print("From another machine, first: ssh -L 8888:127.0.0.1:8888 HOST  (the address's port)")
    print("To end it, press Ctrl-C here.\n", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options(), *arguments]
    if os.name == "posix":
        # Nothing is between JupyterLab and the signals meant for it.
        os.execv(sys.executable, command)
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab got the same Ctrl-C, and decides for itself when to end


def options() -> list[str]:
    """Return JupyterLab's options for this course on this machine."""
    found = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"]
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
