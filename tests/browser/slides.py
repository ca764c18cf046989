"""Measure the lessons as slides: in RISE, on a screen of 1280 by 720 pixels.

As a command it steps through every slide of the lessons, and names what is not on one screen::

    python -m tests.browser.slides              lessons 00 to 06
    python -m tests.browser.slides 03 --cells   one lesson, with the height of every cell
    python -m tests.browser.slides 03 --pictures FOLDER --dark
"""

import argparse
import contextlib
import importlib.util
import pathlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nbformat

from tests.browser import lab
from tools.slides import QUESTION

ROOT = pathlib.Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("0[0-6]_*.ipynb"))
WIDTH, HEIGHT = 1280, 720
RUN_ALL = ("Control+a", "Control+Enter")
"""Select all cells, and run them in place; Shift+Enter would go on to the next slide."""
DONE = """
() => {
  const prompts = [...document.querySelectorAll(".slides .jp-CodeCell .jp-InputPrompt")];
  return prompts.every(prompt => /\\[\\d+\\]/.test(prompt.textContent));
}
"""
SESSIONS = """
async () => {
  const {baseUrl, token} = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const headers = {Authorization: `token ${token}`};
  const sessions = await (await fetch(`${baseUrl}api/sessions`, {headers})).json();
  for (const {id} of sessions) {
    await fetch(`${baseUrl}api/sessions/${id}`, {method: "DELETE", headers});
  }
}
"""
# Where a slide is when its transition is over: it moves by a transform, which offsetTop leaves out.
MEASURE = """
() => {
  const slide = document.querySelector(".slides > section.present > section.present");
  for (const details of slide.querySelectorAll("details")) details.open = true;
  const all = [...document.querySelectorAll(".slides .jp-Cell")];
  const top = slide.getBoundingClientRect().top - slide.offsetTop;
  const shown = all.filter(cell => slide.contains(cell) && cell.offsetHeight);
  const scrolls = each => each.scrollWidth > each.clientWidth + 1
    || each.scrollHeight > each.clientHeight + 1 && getComputedStyle(each).overflowY !== "visible";
  const parts = [...slide.querySelectorAll(".cm-scroller, .jp-OutputArea-output, pre, table")];
  return {
    place: location.hash.replace("#/slide-", "").replace("/", ".") || "0-0",
    cells: shown.map(cell => ({
      index: all.indexOf(cell),
      height: cell.getBoundingClientRect().height,
      top: cell.getBoundingClientRect().top - top,
      bottom: cell.getBoundingClientRect().bottom - top,
    })),
    scrolled: parts.filter(each => each.offsetHeight && scrolls(each))
      .map(each => all.findIndex(cell => cell.contains(each))),
  };
}
"""
GROWING = ".slides > section.present > section.present div.wsdemo[data-height=''] iframe"
GROWN = "() => innerHeight >= Math.min(Math.floor(document.documentElement.offsetHeight), 480) - 2"
MOVED = """
before => {
  const slide = document.querySelector(".slides > section.present > section.present");
  return `${location.hash} ${slide.querySelectorAll(".fragment.visible").length}` !== before;
}
"""
PLACE = """
() => {
  const slide = document.querySelector(".slides > section.present > section.present");
  return `${location.hash} ${slide.querySelectorAll(".fragment.visible").length}`;
}
"""


@dataclass
class Slide:
    """One slide as it was shown.

    Attributes:
        place: its number across and down, as in RISE's address: ``"3-1"``.
        cells: the ids of the cells on it, with the height of each.
        bottom: where the last of them ends, in pixels from the top of the screen.
        scrolled: the cells a part of which can only be seen by scrolling.
    """

    place: str
    cells: dict[str, float]
    bottom: float
    scrolled: list[str]

    @property
    def fits(self) -> bool:
        """Whether all of it is on one screen."""
        return self.bottom <= HEIGHT and not self.scrolled

    def __str__(self) -> str:
        cells = " ".join(f"{cell}:{height:.0f}" for cell, height in self.cells.items())
        scrolled = "".join(f" [scrolls: {cell}]" for cell in self.scrolled)
        return f"  {self.place:6} to {self.bottom:4.0f} {cells}{scrolled}"


def installed() -> bool:
    """Return whether RISE is installed in this Python."""
    return importlib.util.find_spec("jupyterlab_rise") is not None


@contextlib.contextmanager
def shown(context: Any, server: lab.Jupyter, name: str) -> Iterator[Any]:
    """Open a notebook of the server's as slides, with a kernel that ends with it."""
    page = context.new_page()
    page.set_default_timeout(lab.TIMEOUT_MS)
    page.goto(f"{server.url}rise/{name}?token={server.token}")
    try:
        page.wait_for_selector(".slides > section.present > section.present .jp-Cell")
        page.wait_for_load_state("networkidle")
        yield page
    finally:
        page.evaluate(SESSIONS)
        page.close()


def run_all(page: Any) -> None:
    """Run all cells of the notebook that a page shows as slides, as a person can."""
    page.locator(".slides > section.present > section.present .jp-Cell").first.click()
    page.keyboard.press("Escape")
    for keys in RUN_ALL:
        page.keyboard.press(keys)
    page.wait_for_function("() => document.querySelector('.slides').textContent.includes('[*]')")
    page.wait_for_function(DONE)
    page.keyboard.press("Home")
    page.wait_for_function("() => /^#\\/slide-0-0|^$/.test(location.hash)")


def step(page: Any) -> bool:
    """Press the space bar, as a teacher does; return whether there was something more."""
    from playwright.sync_api import Error

    before = page.evaluate(PLACE)
    page.keyboard.press("Space")
    try:
        page.wait_for_function(MOVED, arg=before, timeout=1500, polling=20)
    except Error:
        return False
    return True


def settled(page: Any) -> dict[str, Any]:
    """Measure the slide that a page shows, once its panels have grown to what they show."""
    page.wait_for_function(lab.PANELS_DONE)
    for frame in page.locator(GROWING).element_handles():
        frame.content_frame().wait_for_function(GROWN, polling=50)
    before, found = None, page.evaluate(MEASURE)
    while found != before:
        page.wait_for_timeout(100)
        before, found = found, page.evaluate(MEASURE)
    return found


def copy_without_outputs(folder: pathlib.Path) -> None:
    """Copy the lessons and what belongs to them; what a cell shows is to come when it is run.

    Args:
        folder: where to; it is made.
    """
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "notebooks", folder, ignore=ignored)
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / path.name)


def slides(page: Any, ids: list[str]) -> Iterator[Slide]:
    """Step through the slides that a page shows; an answer that appears on one is another step.

    Args:
        page: the page.
        ids: of the notebook's cells.
    """
    while True:
        found = settled(page)
        yield Slide(
            place=found["place"],
            cells={ids[each["index"]]: each["height"] for each in found["cells"]},
            bottom=max((each["bottom"] for each in found["cells"]), default=0),
            scrolled=[ids[index] for index in found["scrolled"]],
        )
        if not step(page):
            return


def photograph(page: Any, file: pathlib.Path) -> None:
    """Save a picture of a slide when its transition is over."""
    page.wait_for_timeout(900)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return how many slides are not on one screen."""
    parser = argparse.ArgumentParser("slides", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of names; lessons 00 to 06 unless given")
    parser.add_argument("--cells", action="store_true", help="print the height of every cell")
    parser.add_argument(
        "--pictures", type=pathlib.Path, help="a folder for a picture of each slide"
    )
    parser.add_argument("--dark", action="store_true", help="as a browser that prefers dark pages")
    given = parser.parse_args(arguments)
    if not installed():
        print("jupyterlab-rise is not installed: pip install -e '.[slides]'", file=sys.stderr)
        return 1
    over = 0
    paths = [each for each in LESSONS if any(name in each.stem for name in given.names or [""])]
    with lab.jupyter(slides=True) as server, lab.chromium() as browser:
        copy_without_outputs(server.root / "notebooks")
        context = browser.new_context(
            color_scheme="dark" if given.dark else "light",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        for path in paths:
            name = f"notebooks/{path.name}"
            cells = nbformat.read(path, as_version=4).cells
            found = []
            with shown(context, server, name) as page:
                run_all(page)
                for slide in slides(page, [cell.id for cell in cells]):
                    found.append(slide)
                    if given.pictures:
                        photograph(page, given.pictures / f"{path.stem[:2]}-{slide.place}.png")
                    if given.cells or not slide.fits:
                        print(slide, flush=True)
            places = {slide.place.partition(".")[0] for slide in found}
            faults = {slide.place.partition(".")[0] for slide in found if not slide.fits}
            asked = {cell.id for cell in cells if QUESTION in cell.source}
            alone = sum({*slide.cells} <= asked for slide in found)
            over += len(faults)
            print(f"{path.stem}: {len(places)} slides, {len(faults)} not on one screen,", end=" ")
            print(f"{alone} of {len(asked)} questions alone", flush=True)
    return over


if __name__ == "__main__":
    sys.exit(main())
