"""A lesson as slides in RISE, on a screen of 1280 by 720 pixels; slides.py measures all of them."""

import nbformat
import pytest

from tests.browser import slides
from tests.browser.lab import jupyter
from tools.slides import height, places

pytestmark = [
    pytest.mark.browser,
    pytest.mark.weekly,  # tests/tools/test_slides.py computes the heights of all lessons
    pytest.mark.timeout(300),  # a lesson is run, and shown slide by slide
    pytest.mark.skipif(not slides.installed(), reason="jupyterlab-rise is not installed"),
]

LESSON = slides.LESSONS[0]
SLACK = 4  # pixels: what is computed is rounded otherwise than what is shown


@pytest.fixture(scope="module")
def cells():
    return nbformat.read(LESSON, as_version=4).cells


@pytest.fixture(scope="module")
def shown(chromium, warm_kernels, cells):
    """The slides of a lesson, each as it is once its cells have been run there."""
    screen = {"width": slides.WIDTH, "height": slides.HEIGHT}
    with jupyter(kernels=warm_kernels, slides=True) as server:
        slides.copy_without_outputs(server.root / "notebooks")
        context = chromium.new_context(color_scheme="light", viewport=screen)
        with slides.shown(context, server, f"notebooks/{LESSON.name}") as page:
            slides.run_all(page)
            steps = list(slides.slides(page, [cell.id for cell in cells]))
        context.close()
    return {step.place.partition(".")[0]: step for step in steps}


def test_nothing_is_over_one_screen(shown):
    assert [slide for slide in shown.values() if not slide.fits] == []


def test_rise_makes_the_slides_that_were_computed(shown, cells):
    expected = []
    for cell, place in zip(cells, places(cells), strict=True):
        if place in ("slide", "subslide"):
            expected.append([])
        if place != "skip":
            expected[-1].append(cell.id)
    assert [list(slide.cells) for slide in shown.values()] == expected


def test_no_cell_is_higher_than_was_computed(shown, cells):
    computed = {cell.id: height(cell, cells) for cell in cells}
    measured = {name: each for slide in shown.values() for name, each in slide.cells.items()}
    assert {name: each for name, each in measured.items() if each > computed[name] + SLACK} == {}
