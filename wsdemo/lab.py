"""Open the course in JupyterLab."""

import os
import pathlib
import subprocess
import sys

__all__ = ["command", "main", "notebooks_folder"]


def notebooks_folder() -> pathlib.Path | None:
    """The folder of the lessons beside an installed checkout; ``None`` where there is none."""
    folder = pathlib.Path(__file__).parent.parent / "notebooks"
    return folder if (folder / "00_start_here.ipynb").is_file() else None


def command(folder: pathlib.Path, *more: str) -> list[str]:
    """The command line that opens the first lesson.

    Args:
        folder: the folder of the lessons.
        more: further options for JupyterLab.
    """
    line = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.parent}"]
    line.append(f"--LabApp.default_url=/lab/tree/{folder.name}/00_start_here.ipynb")
    # No call to the internet: no news, no look for updates, no list of extensions.
    line.append("--LabApp.news_url=")
    line.append("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
    line.append("--LabApp.extension_manager=readonly")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        line.append("--allow-root")
    if not _has_screen():
        line.append("--no-browser")
        print("There is no screen here. Open the address that JupyterLab prints below.", flush=True)
    return [*line, *more]


def main(*more: str) -> int:
    """Run JupyterLab until it is stopped; return its exit status."""
    folder = notebooks_folder()
    if folder is None:
        print("The lessons are not installed with the package: clone the project and run")
        print("`python start.py` there.")
        return 1
    try:
        return subprocess.call(command(folder, *more))
    except KeyboardInterrupt:  # Ctrl-C stops JupyterLab, which says so itself
        return 0


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
