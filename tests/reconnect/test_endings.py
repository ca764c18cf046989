"""What passes and what does not: one table, and all that use it agree."""

import json
import pathlib
import re

import pytest
from websockets.asyncio.client import process_exception
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.frames import EXTERNAL_CLOSE_CODES
from websockets.http11 import Response

from wsdemo.reconnect.endings import ENDINGS, FATAL_CODES

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
TWIN = NOTEBOOKS / "javascript/08_reconnect.mjs"
LESSON = NOTEBOOKS / "08_reconnect.ipynb"


def listed(name):
    """The numbers in a list of the JavaScript twin."""
    [text] = re.findall(rf"^const {name} = \[(.*?)\]", TWIN.read_text("utf-8"), re.MULTILINE)
    return set(map(int, text.split(",")))


def test_what_a_client_does_wrong_does_not_pass():
    assert {1002, 1003, 1007, 1008, 1009, 1010} == FATAL_CODES


def test_each_code_that_may_come_has_a_row():
    assert {*EXTERNAL_CLOSE_CODES, 1005, 1006} == {code for code in ENDINGS if code >= 1000}


@pytest.mark.parametrize("status", range(400, 600))
def test_statuses_are_those_of_the_library_and_429(status):
    refused = InvalidStatus(Response(status, "", Headers()))
    passes = status in ENDINGS and ENDINGS[status].passes
    assert passes == (process_exception(refused) is None or status == 429)


def test_the_table_in_the_lesson_agrees():
    lesson = json.loads(LESSON.read_text("utf-8"))
    text = "".join("".join(cell["source"]) + "\n" for cell in lesson["cells"])
    told = re.findall(r"^\| (\d+) \| (.+) \| (tries again|gives up) \|$", text, re.MULTILINE)
    shown = {int(code): (meaning, what == "tries again") for code, meaning, what in told}
    assert shown == ENDINGS


def test_the_twin_in_javascript_agrees():
    assert listed("FATAL") == FATAL_CODES
    assert listed("PASSING") == {code for code in ENDINGS if code < 1000 and ENDINGS[code].passes}
