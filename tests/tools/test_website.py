"""The course as a web site: whole, from this machine alone, and a broken link is noticed."""

import os
import re

import nbformat
import pytest

from tests.browser import lab
from tests.browser.axe import WIDTHS, require_axe, violations
from tests.lessons.kit import LESSONS
from tools import website

pytestmark = pytest.mark.timeout(300)


def test_each_lesson_is_a_page_with_its_outputs(site):
    for path in LESSONS:
        page = (site / f"{path.stem}.html").read_text(encoding="utf-8")
        assert "cell_output" in page
        assert "data:image/" in page or "_images/" in page
        assert f"{path.stem}.html" in (site / "index.html").read_text(encoding="utf-8")


def test_no_page_asks_another_server(site):
    assert website.faults(site) == []
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", style.read_text("utf-8"))


def test_it_can_be_searched_and_read_in_the_dark(site):
    assert (site / "searchindex.js").stat().st_size > 10_000
    page = (site / "02_echo.html").read_text(encoding="utf-8")
    assert "theme-switch-button" in page


CUT = """() => [...document.querySelectorAll(".cell_input pre")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.textContent.slice(0, 60))"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "names", [("index", "02_echo"), pytest.param(("glossary", "errors"), marks=pytest.mark.weekly)]
)
def test_pages_have_no_violation_and_cut_no_code(site, names):
    require_axe()
    if not lab.find_chromium():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here")
    found, cut = [], []
    # Not a fixture: while playwright runs, no other test can use asyncio.run().
    with lab.chromium() as browser, lab.window(browser) as window:
        page = window.new_page()

        def paint(scheme):  # at once: colours that fade have no contrast for a while
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_function(
                "scheme => document.documentElement.dataset.theme === scheme", arg=scheme
            )

        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for name in names:
                page.goto((site / f"{name}.html").as_uri())
                seen = violations(page, page.main_frame, paint, [width], structure=())
                found += [f"{name}, {each}" for each in seen]
        page.set_viewport_size({"width": 1280, "height": 800})
        for name in ("02_echo", "13_limits", "16_scale_out"):
            page.goto((site / f"{name}.html").as_uri())
            cut += [f"{name}: {line}" for line in page.evaluate(CUT)]
    assert found == []
    assert cut == [], "a line of code of 100 characters fits"


def test_code_is_left_as_it_is(tmp_path):
    """What looks like a link in a program is none; in a text it leads to a page, or is no link."""

    def code(path):
        cells = nbformat.read(path, as_version=4).cells
        return [cell.source for cell in cells if cell.cell_type == "code"]

    website.gather(tmp_path)
    for path in LESSONS:
        assert code(tmp_path / path.name) == code(path)


@pytest.mark.parametrize(
    ("word", "place"),
    [("backoff", "backoff"), ("control frame", "control-frame"), ("pub/sub", "pub-sub")],
)
def test_a_word_of_the_glossary_has_a_place(word, place):
    table = f"| word | meaning |\n| --- | --- |\n| {word} | what it means |\n"
    expected = table.replace(f"| {word} |", f'| <span id="{place}"></span>{word} |')
    assert website.with_places(table) == expected


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('<a href="nowhere.html">', "nowhere.html is not there"),
        ('<a href="#nowhere">', "#nowhere: no such place"),
        ('<a href="page.html#nowhere">', "page.html#nowhere: no such place"),
        ('<img src="none.png">', "none.png is not there"),
        ('<script src="https://example.com/x.js"></script>', "loads https://example.com/x.js"),
        ('<link rel="stylesheet" href="//example.com/x.css">', "//example.com/x.css"),
    ],
)
def test_a_fault_is_noticed(tmp_path, line, fault):
    (tmp_path / "page.html").write_text(f'<p id="here">{line}<a href="#here">', encoding="utf-8")
    [found] = website.faults(tmp_path)
    assert fault in found


def test_what_is_no_site_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("a year's work")
    assert website.main([str(tmp_path)]) == 1
    assert "nothing was done" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()
