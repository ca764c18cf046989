"""A report in a notebook: pictures with their words, and nothing that a page could obey."""

import pytest

from tests.judge.kit import serving, serving_source
from tests.judge.mutants import MUTANTS
from wsdemo.judge import Trouble, judge


def broken(name):
    [found] = [each for each in MUTANTS if each.name == name]
    return found.source


@pytest.fixture(scope="module")
def report():
    with serving_source(broken("sends empty Pongs")) as address:
        yield judge(f"ws://127.0.0.1:{address.port}", stage=7)


def test_a_notebook_shows_pictures_with_their_words(report):
    shown = report._repr_mimebundle_()
    assert shown["text/plain"] == str(report) == repr(report)
    page = shown["text/html"]
    assert page.count("<img ") == 3  # the conversation, the judge's frame, the frame that came
    assert 'alt="judge → server: GET /  (upgrade)&#10;server → judge: 101' in page
    assert 'alt="FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 1010 (PONG)' in page
    assert "<strong>expected</strong> PONG &#x27;are you there?&#x27;" in page
    assert "<script" not in page


def test_it_is_the_same_in_each_run(report):
    with serving_source(broken("sends empty Pongs")) as address:
        again = judge(f"ws://127.0.0.1:{address.port}", stage=7)
    assert str(again) == str(report)


def test_a_right_program_has_a_short_one():
    with serving_source(broken("sends empty Pongs")) as address:
        report = judge(f"ws://127.0.0.1:{address.port}", stage=1)
    assert report.passed
    assert str(report) == "✓ 13 of 13 cases passed"
    assert report._repr_mimebundle_()["text/html"] == "<p>✓ 13 of 13 cases passed</p>"


def test_what_a_server_sends_is_shown_as_text():
    async def markup(reader, writer):
        writer.write(b"<script>alert(1)</script>\x1b[2J\r\n\r\n")
        await reader.read()

    with serving(markup) as address:
        report = judge(f"ws://127.0.0.1:{address.port}", stage=1, patience=1)
    page = report._repr_mimebundle_()["text/html"]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page + str(report)


def test_it_can_be_called_where_an_event_loop_runs():
    """A notebook runs one."""
    import asyncio

    async def cell():
        with pytest.raises(Trouble, match="nothing listens"):
            judge("ws://127.0.0.1:1")

    asyncio.run(cell())
