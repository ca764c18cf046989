"""The exercises of lesson 01."""

import asyncio
import base64
import hashlib
import secrets
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import HOST, serving
from wsdemo.frames import GUID, Handshake, accept_key


@exercise("01.1")
async def accept(function: Any) -> str:
    """Judge a function that computes Sec-WebSocket-Accept from Sec-WebSocket-Key."""
    for key in ("dGhlIHNhbXBsZSBub25jZQ==", base64.b64encode(secrets.token_bytes(16)).decode()):
        answer = function(key)
        right = accept_key(key)
        if answer in (right, right.encode()):
            continue
        joined = (key + GUID).encode()
        reverse = hashlib.sha1((GUID + key).encode()).digest()
        if answer == hashlib.sha1(joined).hexdigest():
            raise Misconception(
                "that is the SHA-1 in hexadecimal. The header carries the twenty bytes themselves, "
                "in base64: digest(), not hexdigest()."
            )
        if answer == base64.b64encode(hashlib.sha1(joined).hexdigest().encode()).decode():
            raise Misconception("you encoded the hexadecimal text; encode digest() instead.")
        if answer == base64.b64encode(reverse).decode():
            raise Misconception("the GUID comes after the key, not before it.")
        if answer is None:
            raise NotYet("return the value of the header, a text")
        raise NotYet("SHA-1 over the key followed by the GUID; its 20 bytes in base64")
    return "the RFC's own example, and a key that nobody has used before."


@exercise("01.2")
async def request(data: Any) -> str:
    """Judge a handshake written by hand: a real server must answer it with 101."""
    if isinstance(data, str):
        data = data.encode()
    if b"\r\n" not in data:
        raise Misconception(
            "the lines end in a bare newline. In HTTP a line ends in \\r\\n, and two of them end "
            "the request; this server would wait for ever."
        )
    if not data.endswith(b"\r\n\r\n"):
        raise Misconception("an empty line, \\r\\n\\r\\n, must end the request.")
    response = await _answer_to(data)
    if response.status == 101:
        return "101 Switching Protocols: you have opened a WebSocket without a library."
    parsed = _parse(data)
    if not parsed.get("Sec-WebSocket-Version"):
        raise Misconception(
            f"the server says {response.status}: Sec-WebSocket-Version: 13 is missing. It is "
            "required, so that a server can refuse what it does not speak (RFC 6455 §4.1)."
        )
    raise NotYet(f"the server says {response.status}: compare your headers with those above")


async def _answer_to(data: bytes) -> Handshake:
    async def handler(connection: Any) -> None:
        await connection.wait_closed()

    async with serving(handler) as url:
        reader, writer = await asyncio.open_connection(HOST, int(url.rpartition(":")[2]))
        writer.write(data)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        finally:
            writer.close()
        return _parse(head)


def _parse(data: bytes) -> Handshake:
    """Read a handshake that is known to be whole."""
    parsed = Handshake.parse(data)
    assert parsed is not None
    return parsed[0]


@exercise("01.3")
async def refusals(answer: Any) -> str:
    """Judge a dictionary from what was sent to the status it gets."""
    right = {"no key": 400, "foreign origin": 403, "no upgrade": 426}
    if not isinstance(answer, dict) or set(answer) != set(right):
        raise NotYet("fill in a number for each of: " + ", ".join(right))
    if None in answer.values():
        raise NotYet("some are still None")
    if answer["no upgrade"] == 400:
        raise Misconception(
            "a request without Upgrade is not malformed. It is good HTTP, for a server that speaks "
            "only WebSocket: 426 Upgrade Required says so."
        )
    if answer["foreign origin"] == 401:
        raise Misconception(
            "401 asks for credentials. A foreign Origin is refused whoever it is: 403 Forbidden."
        )
    wrong = [what for what in right if answer[what] != right[what]]
    if wrong:
        raise NotYet(f"look again at the table of refusals for: {', '.join(wrong)}")
    return "malformed, forbidden, and not even asked for: three different conversations."
