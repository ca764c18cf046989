"""The exercises of lesson 01."""

import asyncio
import base64
import hashlib
import re
import secrets
from http import HTTPStatus
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import HOST, serving
from wsdemo.checks._trial import called
from wsdemo.frames import GUID, Handshake, accept_key

RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@exercise("01.1")
async def accept(function: Any) -> str:
    """Check a function that computes Sec-WebSocket-Accept from Sec-WebSocket-Key."""
    for key in (RFC_KEY, _key("+"), _key("/"), _key("")):
        answer = called(function, key)
        right = accept_key(key)
        if answer in (right, right.encode()):
            continue
        values = {"input": key, "expected": right, "received": answer}
        if answer is None:
            raise NotYet("return the value of the header, a text", **values)
        if answer == accept_key(RFC_KEY):
            raise Misconception("that is the answer to another key, the one in the RFC", **values)
        for wrong, text in _mistakes(key):
            if answer == wrong:
                raise Misconception(text, **values)
        raise NotYet(
            "hash the key followed by the GUID with SHA-1, and encode the 20 bytes in base64",
            **values,
        )
    return "your function is right for the RFC's own example, and for new random keys."


def _key(character: str) -> str:
    """Return a new key whose answer contains a character."""
    while True:
        key = _base64(secrets.token_bytes(16))
        if character in accept_key(key):
            return key


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _mistakes(key: str) -> list[tuple[Any, str]]:
    """Return the results of known mistakes for a key, each with its diagnosis."""
    joined = (key + GUID).encode()
    digest, in_hex = hashlib.sha1(joined).digest(), hashlib.sha1(joined).hexdigest()
    right = accept_key(key)

    def hashed(data: bytes) -> str:
        return _base64(hashlib.sha1(data).digest())

    return [
        (
            in_hex,
            "that is the SHA-1 in hexadecimal. The header carries the twenty bytes themselves, in "
            "base64: digest(), not hexdigest().",
        ),
        (_base64(in_hex.encode()), "you encoded the hexadecimal text; encode digest() instead."),
        (digest, "those are the twenty bytes; a header is text, so encode them in base64."),
        (hashed((GUID + key).encode()), "the GUID comes after the key, not before it."),
        (hashed(key.encode()), "the GUID is missing: it comes after the key, before the SHA-1."),
        (
            hashed(base64.b64decode(key) + GUID.encode()),
            "you decoded the key. It is used as it is, as text.",
        ),
        (hashed((key + GUID.lower()).encode()), "the GUID is written in capital letters."),
        (_base64(hashlib.sha256(joined).digest()), "that is SHA-256; the RFC asks for SHA-1."),
        (_base64(hashlib.md5(joined).digest()), "that is MD5; the RFC asks for SHA-1."),
        (f"Sec-WebSocket-Accept: {right}", "return the value only, without the header's name."),
        (str(right.encode()), "that is the repr of bytes: .decode() makes text of them."),
        (f"{right}\n", "there is a newline at the end. b64encode does not add one."),
        (right.rstrip("="), "the = at the end is missing: it is part of base64."),
        (
            right.translate(str.maketrans("+/", "-_")),
            "that is base64 for URLs, with - and _. This header has standard base64, with + and /.",
        ),
    ]


REQUIRED = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]


@exercise("01.2")
async def request(data: Any) -> str:
    """Check a handshake written by hand: a real server must answer it with 101."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise NotYet('a request is bytes: b"GET …"', received=data)
    data = bytes(data)
    head = _head(data)
    first, *lines = head.decode("latin-1").split("\r\n")
    _check_first_line(first)
    _check_headers(lines)
    status, body = await _answer_to(data)
    if status == 101:
        return "101 Switching Protocols: you have opened a WebSocket without a library."
    if status is None:
        raise NotYet("the server closed the connection without an answer", input=data)
    raise NotYet(
        f"the server answers {status}; the body of its answer says why",
        expected=Plain("101 Switching Protocols"),
        received=Plain(f"{status}: {body}"),
    )


def _head(data: bytes) -> bytes:
    """Return the first line and the headers of a request, whose lines end as they must."""
    if b"\\r" in data or b"\\n" in data:
        raise Misconception(
            "there is a backslash in the bytes. In a raw string, rb'…', \\r\\n is four characters "
            "and not the end of a line.",
            received=data,
        )
    if b"\r" not in data and b"\n" not in data:
        raise NotYet("a request has several lines, and each ends in \\r\\n", received=data)
    for line in data.split(b"\r\n"):
        if b"\n" in line or b"\r" in line:
            end = b"\\n" if b"\n" in line else b"\\r"
            raise Misconception(
                f"a line ends in {end.decode()}, and not in \\r\\n. In HTTP each line ends in "
                "\\r\\n, and an empty line ends the request: a server waits for it.",
                received=line,
            )
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        raise Misconception(
            "an empty line, \\r\\n\\r\\n, must end the request.", received=data[-40:]
        )
    if rest:
        raise Misconception(
            "there is more after the first empty line, which ends the request.", received=rest
        )
    return head


def _check_first_line(first: str) -> None:
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    values = {"expected": "GET / HTTP/1.1", "received": first}
    if method != "GET":
        raise NotYet(
            "the first line must begin with GET: no other method opens a WebSocket", **values
        )
    if version != "HTTP/1.1":
        raise NotYet("the first line must end with the version, HTTP/1.1", **values)
    if not target.startswith(("/", "http:", "https:")):
        raise NotYet("after GET comes the path, which begins with /", **values)


def _check_headers(lines: list[str]) -> None:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise NotYet("a header is a name, a colon, and a value", received=line)
        if name.lower() in headers and name in REQUIRED:
            raise NotYet(f"the header {name} may occur only once", received=line)
        headers[name.lower()] = value.strip()
    for name in REQUIRED:
        if not headers.get(name.lower()):
            raise Misconception(
                f"{name} is missing. {REASONS[name]} (RFC 6455 §4.1)",
                expected=Plain(", ".join(REQUIRED)),
                received=Plain(", ".join(line.partition(":")[0] for line in lines) or "no header"),
            )


REASONS = {
    "Host": "HTTP/1.1 requires it, although this server would answer without it",
    "Upgrade": "It asks the server to change the protocol to websocket",
    "Connection": "It says that Upgrade is for the next server, and not for one behind it",
    "Sec-WebSocket-Key": "The server must answer this key",
    "Sec-WebSocket-Version": "It is 13, and a server can refuse a version that it does not support",
}


async def _answer_to(data: bytes) -> tuple[int | None, str]:
    """Return a server's status and the body of its answer; no status if it sends none."""

    async def handler(connection: Any) -> None:
        await connection.wait_closed()

    async with serving(handler) as url:
        reader, writer = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
        writer.write(data)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            parsed = Handshake.parse(head)
            assert parsed is not None
            status = parsed[0].status
            body = b"" if status == 101 else await asyncio.wait_for(reader.read(500), 5)
        except asyncio.IncompleteReadError:
            return None, ""
        finally:
            writer.close()
        return status, body.decode("utf-8", "replace").strip()


REFUSALS = {"no key": 400, "foreign origin": 403, "no upgrade": 426}

WRONG_REFUSALS = {
    (
        "no upgrade",
        400,
    ): "a request without Upgrade is not malformed. It is valid HTTP, for a server that accepts "
    "only WebSockets: 426 Upgrade Required says so.",
    ("no upgrade", 101): "101 is not a refusal: it is the answer to a request with Upgrade.",
    (
        "foreign origin",
        401,
    ): "401 asks for credentials. A foreign Origin is refused whoever the user is: 403 Forbidden.",
    (
        "foreign origin",
        400,
    ): "a request with a foreign Origin is well formed, and understood. It is "
    "not allowed: 403 Forbidden.",
    ("no key", 426): "without a key the request asks for an upgrade, but it is malformed: 400.",
    (
        "no key",
        401,
    ): "401 asks for credentials. The key is not a credential: without it the request is "
    "malformed, 400.",
    ("no key", 403): "403 is for a request that is understood and not allowed. Without a key the "
    "request is malformed: 400.",
}


@exercise("01.3")
async def refusals(answer: Any) -> str:
    """Check a dictionary from requests to the statuses that refuse them."""
    if not isinstance(answer, dict) or not set(REFUSALS) <= set(answer):
        raise NotYet("fill in a status for each of: " + ", ".join(REFUSALS), received=answer)
    for what, right in REFUSALS.items():
        status = _status(answer[what])
        values = {"input": what, "received": answer[what]}
        if status is None:
            raise NotYet("fill in the number of an HTTP status, or its name", **values)
        if (what, status) in WRONG_REFUSALS:
            raise Misconception(WRONG_REFUSALS[what, status], **values)
        if status != right:
            raise NotYet(f"look at the table of refusals again for: {what}", **values)
    return (
        "a request may be malformed, forbidden, or without an upgrade, and each has its own status."
    )


def _status(given: Any) -> int | None:
    """Return the status that a learner means: 400, "400", "400 Bad Request", "Bad Request"."""
    if isinstance(given, bool):
        return None
    if isinstance(given, int | float):
        return int(given) if float(given).is_integer() else None
    if not isinstance(given, str):
        return None
    numbers = re.findall(r"\b\d{3,4}\b", given)
    if len(numbers) == 1:
        return int(numbers[0])
    names = {each.phrase.lower(): each.value for each in HTTPStatus}
    return names.get(given.strip().lower())
