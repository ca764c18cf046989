"""Whatever a server does is a verdict: silence, garbage, a flood; and each wait is bounded."""

import asyncio
import random
import time
from dataclasses import replace

import pytest

from tests.judge.kit import judged, serving
from wsdemo.frames import Handshake, accept_key
from wsdemo.judge.stages import choose
from wsdemo.wire.link import reset_connection

PATIENCE = 0.3  # s


def first_case(number):
    """The stage of this number with its first case only."""
    [stage] = choose("server", number)
    return replace(stage, cases=stage.cases[:1])


def patience_for(told):
    """A short one where the judge is to wait; a flood takes its time on a busy machine."""
    return PATIENCE if "no answer" in told or "bytes that are not" in told else 5


async def silence(reader, writer):
    await asyncio.sleep(60)


async def closing(reader, writer):
    writer.close()


async def closing_after_a_frame(reader, writer):
    await reader.read(2**16)  # what is unread when a connection is closed would reset it
    writer.close()


async def resetting(reader, writer):
    reset_connection(writer.transport)


def saying(data):
    async def handler(reader, writer):
        writer.write(data)
        await asyncio.sleep(60)

    return handler


async def endless_response(reader, writer):
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        writer.write(b"X: y\r\n" * 10_000)
        await writer.drain()


async def one_byte_at_a_time(reader, writer):
    for byte in b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" * 10:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (silence, "no answer within 0.3 s; the TCP connection is still open"),
        (closing, "without a response"),
        (resetting, "reset"),
        (
            saying(b"\xff" * 100),
            "bytes that are not a whole response: no empty line ends it: 'ÿÿÿÿ",
        ),
        (saying(b"hello\r\n\r\n"), "'hello', which is not a status line of HTTP"),
        (saying(b"HTTP/1.1 \xb21\r\n\r\n"), "which is not a status line of HTTP"),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n"), "'HTTP/1.1 200 OK'"),
        (saying(b"\r\n\r\n"), "'', which is not a status line of HTTP"),
        (saying(b"\x1b[31m\r\n\r\n"), r"'\x1b[31m', which is not"),
        (endless_response, "more than 16 MiB, or 10000 frames at once: the server floods"),
        (one_byte_at_a_time, "no answer within 0.3 s but"),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(value)[:24],
)
def test_instead_of_a_response(handler, told):
    with serving(handler) as address:
        [failure] = judged(address, [first_case(1)], patience_for(told)).failures
    assert failure.number == "1.1"
    assert told in failure.failure.received


def upgraded(then):
    """Shake hands, then do something else than an echo."""

    async def handler(reader, writer):
        request, _ = Handshake.parse(await reader.readuntil(b"\r\n\r\n"))
        fields = (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_key(request.get("Sec-WebSocket-Key"))),
        )
        writer.write(bytes(Handshake("HTTP/1.1 101 Switching Protocols", fields)))
        await then(reader, writer)

    return handler


def flood(data):
    async def then(reader, writer):
        while True:
            writer.write(data)
            await writer.drain()

    return then


def say(data):
    async def then(reader, writer):
        writer.write(data)
        await asyncio.sleep(60)

    return then


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (silence, "no answer within 0.3 s; the TCP connection is still open"),
        (closing_after_a_frame, "the TCP connection ended"),
        (resetting, "reset"),
        (flood(b"\x89\x00" * 1000), "the server floods"),
        (flood(b"\x8a\x00" * 1000), "the server floods"),
        (flood(b"\x81\x02no" * 1000), "TEXT 'no'"),
        (flood(b"\x01\x01x" + b"\x00\x01x" * 1000), "a message inside a message"),
        (say(b"\x82\xff" + b"\xff" * 8 + b"x" * 1000), "but 1010 bytes that are not a whole frame"),
        (say(b"\x81\x7f\x7f" + b"\xff" * 7), "but 10 bytes that are not a whole frame: 81 7f 7f"),
        (say(b"\x81"), "but 1 bytes that are not a whole frame: 81"),
        (say(b"\xff\xff\xff\xff"), "but 4 bytes that are not a whole frame: ff ff ff ff"),
        (say(b"\x81\x06\x1b[31mx"), r"TEXT '\x1b[31mx'"),
        (say(b"\x88\x00"), "CLOSE"),
    ],
)
def test_instead_of_an_echo(then, told):
    with serving(upgraded(then)) as address:
        [failure] = judged(address, [first_case(3)], patience_for(told)).failures
    assert failure.number == "3.1"
    seen = f"{failure.failure.expected} / {failure.failure.received}"
    assert told in seen
    assert "\x1b" not in str(failure.failure) + str(failure.talk)


def test_a_server_that_does_not_read_is_told():
    async def deaf(reader, writer):
        writer.transport.pause_reading()
        await asyncio.sleep(60)

    [stage] = choose("server", 11)
    limits = replace(stage, cases=stage.cases[:3])  # the third sends more than the system keeps
    with serving(upgraded(deaf)) as address:
        [_, _, failure] = judged(address, [limits], 0.3, go_on=True).failures
    assert "it did not read 262144 bytes within 0.3 s" in str(failure.failure)


def test_a_whole_case_has_a_bound_too():
    """Each answer comes in time, and there are many."""

    async def slow(reader, writer):
        while True:
            writer.write(b"\x8a\x00")  # a Pong, which does not matter
            await asyncio.sleep(0.02)

    with serving(upgraded(slow)) as address:
        start = time.perf_counter()
        [failure] = judged(address, [first_case(3)], 0.6).failures
    assert failure.failure.received == "it was not over after 3.6 s"
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("seed", range(12))
def test_bytes_made_by_chance_are_a_verdict(seed):
    chance = random.Random(seed)

    async def babble(reader, writer):
        writer.write(chance.randbytes(chance.randrange(1, 3000)))

    handler = upgraded(babble) if seed % 2 else babble
    stage = first_case(chance.choice([1, 3, 6, 7, 8]))
    with serving(handler) as address:
        report = judged(address, [stage], 0.1)
    assert report.failures
    assert str(report)


def test_a_server_that_is_gone_is_told():
    """A judge that has not started it cannot start it again."""
    servers = []

    async def until_the_third(reader, writer):
        servers.append(writer)
        if len(servers) > 3:
            for each in servers:
                each.transport.abort()
            stop()
        await asyncio.sleep(60)

    with serving(upgraded(until_the_third)) as address:
        stop = address.stop
        [failure] = judged(address, choose("server", 1), PATIENCE).failures
    assert "The server ended in this stage" in failure.notes[0]
    assert "nothing listens on 127.0.0.1" in failure.notes[0]
