"""Errors that Python raises, whole: the index of errors has a heading for each of them.

Many cells show them without the class, or without the numbers that differ between systems.
"""

import asyncio
import contextlib
import datetime
import functools
import json
import re
import socket
import ssl
import sys

import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

import wsdemo
from tests.lessons.errors import MESSAGES, pattern

AUTHORITY = trustme.CA()
PAST = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
QUICK = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1}


async def waits(connection):
    await connection.wait_closed()


async def answers_once(connection):
    await connection.send(await connection.recv())


async def fails(connection):
    raise RuntimeError("on purpose")


async def rejects(connection):
    await connection.close(1008, "Invalid token")


async def aborts(connection):
    connection.transport.abort()


@contextlib.asynccontextmanager
async def server(handler=waits, scheme="ws", **options):
    async with serve(handler, "127.0.0.1", 0, **options) as running:
        yield f"{scheme}://127.0.0.1:{running.sockets[0].getsockname()[1]}"


async def receive(handler):
    async with server(handler) as url, connect(url) as client:
        await client.send("Hello")
        while True:
            await client.recv()


async def refused(status, text=""):
    async def refuse(connection, request):
        return connection.respond(status, text)

    async with server(process_request=refuse) as url:
        await connect(url)


async def secure(certificate, host="127.0.0.1"):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    trusting = ssl.create_default_context()
    AUTHORITY.configure_trust(trusting)
    async with server(scheme="wss", ssl=context) as url:
        await connect(url.replace("127.0.0.1", host), ssl=trusting)


# ---------------------------------------------------------------------------------------------
# What raises them


async def nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    await connect(f"ws://127.0.0.1:{port}")


async def not_http():
    async def hang_up(reader, writer):
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as other:
        await connect(f"ws://127.0.0.1:{other.sockets[0].getsockname()[1]}")


async def silent_server():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        await connect(f"ws://127.0.0.1:{silent.getsockname()[1]}", open_timeout=0.2)


async def port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        await serve(waits, *taken.getsockname())


async def stopping_server():
    async with serve(waits, "127.0.0.1", 0) as running:
        client = await connect(f"ws://127.0.0.1:{running.sockets[0].getsockname()[1]}")
        running.close()
        await client.recv()


async def dead_network():
    async with server() as url:
        with wsdemo.Wire(url) as wire:
            async with connect(wire.url, **QUICK) as client:
                wire.freeze()
                await client.recv()


async def two_readers():
    async with server() as url, connect(url) as client:
        other = asyncio.create_task(client.recv())
        await asyncio.sleep(0)
        try:
            await client.recv()
        finally:
            other.cancel()


async def old_argument():
    async with server() as url:
        await connect(url, extra_headers={})


async def old_attribute():
    async with server() as url, connect(url) as client:
        client.closed  # noqa: B018


async def old_handler():
    def handler(connection, path):
        """Serve as old versions did."""

    handler(None)


async def send_a_dict():
    async with server() as url, connect(url) as client:
        await client.send({"user": "ana"})


async def close(code, reason=""):
    async with server() as url, connect(url) as client:
        await client.close(code, reason)


def no_loop():
    serve(waits, "127.0.0.1", 0)


async def nested_run():
    nothing = asyncio.sleep(0)
    with contextlib.closing(nothing):
        asyncio.run(nothing)


async def nested_loop():
    loop = asyncio.get_running_loop()
    loop.run_until_complete(loop.create_future())


def not_json():
    json.loads("Hello")


def missing_key():
    json.loads("{}")["name"]


def unbounded_backoff():
    0.5 * 2**1100


def certificate(authority=AUTHORITY, name="127.0.0.1", **dates):
    return functools.partial(secure, authority.issue_cert(name, **dates))


VERIFY = "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
REJECTED = "InvalidStatus: server rejected WebSocket connection: HTTP "
CASES = {
    "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', …)": nobody_listens,
    "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', …): "
    "… address already in use": port_in_use,
    "TimeoutError: timed out during opening handshake": silent_server,
    "InvalidMessage: did not receive a valid HTTP response": not_http,
    "InvalidURI: http://127.0.0.1:… isn't a valid URI: scheme isn't ws or wss": functools.partial(
        connect, "http://127.0.0.1:8765"
    ),
    REJECTED + "401": functools.partial(refused, 401),
    REJECTED + "403": functools.partial(refused, 403),
    REJECTED + "404": functools.partial(refused, 404),
    REJECTED + "502": functools.partial(refused, 502),
    VERIFY + "unable to get local issuer certificate (_ssl.c:…)": certificate(trustme.CA()),
    VERIFY + "IP address mismatch, certificate is not valid for '127.0.0.1'. "
    "(_ssl.c:…)": certificate(name="other.example"),
    VERIFY + "Hostname mismatch, certificate is not valid for 'localhost'. "
    "(_ssl.c:…)": functools.partial(secure, AUTHORITY.issue_cert("other.example"), "localhost"),
    VERIFY + "certificate has expired (_ssl.c:…)": certificate(
        not_before=PAST - datetime.timedelta(days=1), not_after=PAST
    ),
    "ConnectionClosedOK: received 1000 (OK); then sent 1000 (OK)": functools.partial(
        receive, answers_once
    ),
    "ConnectionClosedOK: received 1001 (going away); then sent 1001 (going away)": stopping_server,
    "ConnectionClosedError: received 1011 (internal error); "
    "then sent 1011 (internal error)": functools.partial(receive, fails),
    "ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; "
    "no close frame received": dead_network,
    "ConnectionClosedError: no close frame received or sent": functools.partial(receive, aborts),
    "ConnectionClosedError: received 1008 (policy violation) Invalid token; "
    "then sent 1008 (policy violation) Invalid token": functools.partial(receive, rejects),
    "ProtocolError: invalid status code": functools.partial(close, 1006),
    "ProtocolError: control frame too long": functools.partial(close, 1000, "x" * 124),
    "RuntimeError: asyncio.run() cannot be called from a running event loop": nested_run,
    "RuntimeError: This event loop is already running": nested_loop,
    "RuntimeError: no running event loop": no_loop,
    "ConcurrencyError: cannot call recv while another coroutine is already running recv "
    "or recv_streaming": two_readers,
    "TypeError: … missing 1 required positional argument: 'path'": old_handler,
    "TypeError: … got an unexpected keyword argument 'extra_headers'": old_argument,
    "AttributeError: 'ClientConnection' object has no attribute 'closed'": old_attribute,
    "TypeError: data is a dict-like object": send_a_dict,
    "JSONDecodeError: Expecting value: line 1 column 1 (char 0)": not_json,
    "KeyError: 'name'": missing_key,
    "OverflowError: int too large to convert to float": unbounded_backoff,
}


OUTSIDE_A_LOOP = (no_loop, not_json, missing_key, unbounded_backoff)


def caught(act):
    """Return the error that a function or a coroutine function raises, as Python prints it."""

    async def run():
        await act()

    try:
        if act in OUTSIDE_A_LOOP:
            act()
        else:
            asyncio.run(run())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was raised"


@pytest.mark.parametrize(("message", "act"), CASES.items(), ids=CASES)
def test_the_index_has_what_python_raises(message, act):
    if "[Errno" in message and sys.platform != "linux":
        pytest.skip("other systems have other numbers")
    assert message in MESSAGES
    raised = caught(act)
    assert re.fullmatch(pattern(message), raised)
