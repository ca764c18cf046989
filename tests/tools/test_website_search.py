"""The site's search: a whole pasted message leads to its explanation, and numbers are found.

``pasted_messages.txt`` has forty messages as terminals and consoles print them. They were recorded
from programs with these faults, with Python 3.11, Chromium, Firefox, wscat and nginx; the paths are
those of a made-up user.
"""

import os
import pathlib
import re
from urllib.parse import quote

import pytest

from tests.browser import lab
from tests.lessons.errors import explained

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PASTED = pathlib.Path(__file__).with_name("pasted_messages.txt").read_text(encoding="utf-8")
MESSAGES = dict(re.findall(r"^=== (.+)\n((?:(?!=== ).*\n)+)", PASTED, re.MULTILINE))
ENOUGH = 38
TITLE = "Index of errors > "

FINISHED = "() => document.querySelector('#search-results .search-summary')?.innerText"
SEARCH = """(query) => {
  document.querySelector("#search-results").replaceChildren();
  Search.performSearch(query);
}"""
RESULTS = """() => [...document.querySelectorAll("#search-results li > a")].map((each) => ({
  page: each.getAttribute("href").replace(/\\.html.*/, ""),
  place: each.hash,
  title: each.innerText,
}))"""


@pytest.fixture(scope="module")
def search(site):
    """Search the site; return the results, best first."""
    if not lab.find_chromium():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium here")
    with lab.chromium() as browser, lab.window(browser) as window:
        page = window.new_page()
        page.goto((site / "search.html").as_uri() + "?q=" + quote("1006\n"))
        page.wait_for_function(FINISHED)
        by_address = page.evaluate(RESULTS)

        def search(query):
            page.evaluate(SEARCH, query)
            page.wait_for_function(FINISHED)
            return page.evaluate(RESULTS)

        # What is typed into the form comes by the address.
        assert search("1006\n") == by_address
        yield search


def rank(search, message):
    """Return the place of the first result that explains a message; None if there is none."""
    titles = [TITLE + each for each in explained(message)]
    assert titles, f"the index of errors does not explain {message}"
    found = [number for number, each in enumerate(search(message), 1) if each["title"] in titles]
    return found[0] if found else None


def test_a_whole_message_leads_to_its_explanation(search):
    assert len(MESSAGES) == 40
    ranks = {name: rank(search, message) for name, message in MESSAGES.items()}
    print(*(f"{place}: {name}" for name, place in ranks.items()), sep="\n")
    assert sum(place in (1, 2) for place in ranks.values()) >= ENOUGH, ranks


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ("ConnectionRefusedError: [Errno 61] Connect call failed ('10.0.0.7', 80)", "Connection"),
        ("Error: Unexpected server response: 401\n    at ClientRequest.<anonymous>", "error: Un"),
        (
            "client.js:3 WebSocket connection to 'wss://chat.example/ws' failed: Error during "
            "WebSocket handshake: Unexpected response code: 404",
            "WebSocket connection to",
        ),
        (
            "websockets.exceptions.ConnectionClosedError: received 1009 (message too big) frame "
            "with 2097152 bytes exceeds limit of 1048576 bytes; then sent 1009 (message too big) "
            "frame with 2097152 bytes exceeds limit of 1048576 bytes",
            "1009 … frame with",
        ),
    ],
)
def test_numbers_and_names_may_be_others(search, message, start):
    """On another system, or from another server, a message has other numbers."""
    assert search(message)[0]["title"].startswith(TITLE + start)


@pytest.mark.parametrize("number", ["1005", "1006", "1008", "1009", "1011", "401", "403", "426"])
@pytest.mark.parametrize("query", ["{}", "error {}"])
def test_a_number_is_found(search, number, query):
    first, *others = search(query.format(number))
    assert first["page"] == "errors"
    assert number in first["title"]
    assert any(re.match(r"\d\d_", each["page"]) for each in others)


@pytest.mark.parametrize(
    ("query", "lesson"),
    [
        ("rate limit", "13_limits"),
        ("how can my page reconnect after the server was restarted", "08_reconnect"),
        # No page has all these words.
        ("my websocket closes after 60 seconds behind nginx on kubernetes", "04_heartbeat"),
    ],
)
def test_a_question_finds_its_lesson(search, query, lesson):
    assert lesson in [each["page"] for each in search(query)[:3]]


def test_a_result_leads_to_the_message(search, site):
    first = search(MESSAGES["python: two readers"])[0]
    page = (site / "errors.html").read_text(encoding="utf-8")
    assert f'id="{first["place"].removeprefix("#")}"' in page


@pytest.mark.parametrize("query", ["the", "…", "qqqq wwww", "-", "__proto__"])
def test_a_search_for_nothing_finds_nothing(search, query):
    assert [each for each in search(query) if each["page"] == "errors" and each["place"]] == []
