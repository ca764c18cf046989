"""The worked server in memory: what it answers is what it would answer on a connection."""

import asyncio

from wsdemo import scratch
from wsdemo.frames import Frame, Opcode, accept_key
from wsdemo.judge.words import SAMPLE_KEY, close, text, upgrade_request

MASK = b"mask"


def masked(opcode, payload=b"", **options):
    return Frame(opcode, payload, mask=MASK, **options)


def answers(*sent):
    return asyncio.run(scratch.answers(*sent))


def test_messages_and_control_frames_are_answered():
    assert answers() == []
    assert answers(masked(Opcode.TEXT, b"Hi")) == [text("Hi")]
    ended = answers(masked(Opcode.CLOSE, b"\x03\xe8"), masked(Opcode.TEXT, b"late"))
    assert ended == [close(1000)]


def test_what_is_wrong_is_answered_with_a_code():
    [answer] = answers(text("Hi"))
    assert answer.close_code == 1002


def test_a_request_is_answered():
    right = asyncio.run(scratch.respond(upgrade_request("127.0.0.1", SAMPLE_KEY)))
    assert right.get("Sec-WebSocket-Accept") == accept_key(SAMPLE_KEY)
    assert asyncio.run(scratch.respond(b"GET / HTTP/1.1\r\n\r\n")).status == 426
