"""What a verdict says is what came: the right words, whole quotations, names as they were sent."""

import asyncio
from dataclasses import replace

import pytest

from tests.judge.kit import judged, serving
from tests.judge.test_wrong_servers import upgraded
from wsdemo import draw
from wsdemo.frames import Frame, Opcode
from wsdemo.judge.report import Report, explain
from wsdemo.judge.stages import choose

PATIENCE = 0.3  # s


def only(number, place):
    """One stage of a server, with one of its cases."""
    [stage] = choose("server", number)
    return replace(stage, cases=stage.cases[place - 1 : place])


def failure(handler, number, place, patience=PATIENCE):
    with serving(handler) as address:
        [found] = judged(address, [only(number, place)], patience).failures
    return found


def replying(frame):
    async def then(reader, writer):
        writer.write(bytes(frame))
        await asyncio.sleep(60)

    return upgraded(then)


def test_a_message_without_its_end_is_told_and_drawn():
    found = failure(replying(Frame(Opcode.TEXT, b"Hello", fin=False)), 3, 1)
    assert found.failure.received == (
        "TEXT 'Hello' with FIN 0: the judge waits for the rest of the message"
    )
    assert "The frame that came, 7 bytes: 01 05 48 65 6c 6c 6f\n    FIN 0, " in explain(found)


@pytest.mark.parametrize(
    ("place", "payload", "expected", "received"),
    [
        (4, b"\0\xff\xfe", "BINARY 00 ff fe", "TEXT 00 ff fe"),
        (1, b"\x7f\x9fMQX", "TEXT 'Hello'", "TEXT 7f 9f 4d 51 58, which is not UTF-8"),
    ],
)
def test_a_text_that_is_not_one_is_not_about_utf_8(place, payload, expected, received):
    found = failure(replying(Frame(Opcode.TEXT, payload)), 3, place)
    assert (found.failure.expected, found.failure.received) == (expected, received)
    assert found.section == "5.6"


HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-W"


async def half_a_response(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"x" * 60)
    writer.close()


def test_a_quotation_that_is_cut_says_so_and_how_long_it_was():
    found = failure(half_a_response, 1, 1)
    whole = len(HEAD) + 60
    assert found.failure.received.endswith(f"Sec-W'… ({whole} bytes)")
    assert found.failure.received.startswith("the TCP connection ended after 'HTTP/1.1 101 ")


async def refusing(reader, writer):
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("number", "place", "sent"),
    [
        (1, 3, "\n    upgrade: websocket\n    connection: Upgrade\n"),
        (1, 4, "\n    UPGRADE: websocket\n    CONNECTION: Upgrade\n"),
        (1, 5, "\n    Sec-WebSocket-Version: 13\n    Sec-WebSocket-Key: "),
        (2, 7, "\n    Sec-WebSocket-Key:  "),
    ],
)
def test_a_request_is_shown_as_it_was_sent(number, place, sent):
    assert sent in explain(failure(refusing, number, place))


def test_the_code_of_a_close_frame_is_drawn():
    picture = draw.bits(Frame(Opcode.CLOSE, b"\x03\xea", mask=b"mask"))
    assert picture.text.endswith("; payload 6e 8b (code 1002)")
    assert ">code 1002<" in picture.svg
    assert "(code" not in draw.bits(Frame(Opcode.CLOSE)).text


def test_a_report_without_a_total_counts_nothing():
    found = failure(refusing, 1, 1)
    counted, uncounted = Report((found,)), Report((found,), is_counted=False)
    assert "0 of 1 cases passed" in str(counted)
    for shown in (str(uncounted), uncounted._repr_html_()):
        assert "cases passed" not in shown
        assert "HTTP/1.1 400 Bad Request" in shown
