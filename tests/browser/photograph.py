"""Pictures of notebooks that have run in JupyterLab.

As a command it photographs one::

    python -m tests.browser.photograph notebooks/02_echo.ipynb --dark -o out.png
"""

import argparse
import contextlib
import pathlib
import shutil

from tests.browser.lab import PANELS_DONE, chromium, jupyter, notebook, run_all, window

_FOLD_SIDEBAR = """
() => {
  const {shell} = window.jupyterapp;
  shell.collapseLeft();
  shell.mode = "single-document";
}
"""
_HEIGHT = """
() => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = 0;
  content.outerNode.scrollTop = 0;
  const last = content.widgets.at(-1).node.getBoundingClientRect();
  return Math.ceil(last.bottom) + 60;  // and the status bar
}
"""


def photograph(file: pathlib.Path, image: pathlib.Path, dark: bool, width: int) -> None:
    """Run a notebook in JupyterLab and save a picture of all of it."""
    with (
        jupyter(dark=dark, windowing="none") as server,
        chromium() as browser,
        window(browser, width) as context,
        contextlib.ExitStack() as stack,
    ):
        shutil.copytree(file.parent, server.root, dirs_exist_ok=True)
        page = stack.enter_context(notebook(context, server, file.name))
        page.evaluate(_FOLD_SIDEBAR)
        run_all(page)
        page.wait_for_function(PANELS_DONE)
        page.wait_for_load_state("networkidle")
        for _ in range(3):  # a taller window may show more, which makes the notebook taller
            page.set_viewport_size({"width": width, "height": page.evaluate(_HEIGHT)})
        page.screenshot(path=image)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tests.browser.photograph", description=photograph.__doc__
    )
    parser.add_argument("notebook", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("notebook.png"))
    parser.add_argument("--dark", action="store_true", help="JupyterLab's dark theme")
    parser.add_argument("--width", type=int, default=1280)
    given = parser.parse_args()
    photograph(given.notebook.resolve(), given.output, given.dark, given.width)


if __name__ == "__main__":
    main()
