"""Stages 1 and 2: the request is read, and accepted (RFC 6455 §4)."""

from collections.abc import Callable

from wsdemo.judge.model import Stage, case
from wsdemo.judge.opening import answered, ended, request, status_101
from wsdemo.judge.sending import FINISH, LEAVE, RESET, apart
from wsdemo.judge.words import SAMPLE_KEY

__all__ = ["STAGES"]

WHOLE_HEAD = (
    "TCP delivers bytes, not requests: one recv() may return a part of the request. Collect until "
    "you see the empty line."
)
NAMES = (
    "The names of header fields are the same in upper and lower case, and they come in any order "
    "(RFC 9110 §5.1)."
)
LEFT = (
    "A client that has left is the end of its own connection only: recv() then returns no bytes, "
    "or raises. Can your server get stuck there?"
)
FIELDS = "A response that upgrades has the status 101 and three header fields (§4.2.2)."
ACCEPT = (
    "Append the GUID of §1.3 to the key as it came, take the SHA-1 of that as 20 bytes (not as "
    "hexadecimal digits), and write these bytes in Base64."
)

REQUEST = Stage(
    1,
    "the request",
    "Listen, read a request up to its empty line, and answer HTTP/1.1 101 Switching Protocols.",
    (
        case(
            "A request is answered with the status 101 and an empty line.",
            "4.2.2",
            request(),
            status_101(),
            hint="Send a status line and one empty line. Each line ends with CR LF.",
        ),
        case(
            "A request that comes in small pieces is read to its end.",
            "4.2.1",
            request(cut=7),
            status_101(),
            hint=WHOLE_HEAD,
        ),
        case(
            "The names of header fields may be in lower case.",
            "4.2.1",
            request(form=lambda head: _names(head, bytes.lower)),
            status_101(),
            hint=NAMES,
        ),
        case(
            "The names of header fields may be in upper case.",
            "4.2.1",
            request(form=lambda head: _names(head, bytes.upper)),
            status_101(),
            hint=NAMES,
        ),
        case(
            "Header fields may come in any order.",
            "4.2.1",
            request(form=lambda head: _turned(head)),
            status_101(),
            hint=NAMES,
        ),
        case(
            "Header fields that mean nothing here do not matter.",
            "4.2.1",
            request(
                {
                    "Origin": None,
                    "User-Agent": "judge",
                    "Cookie": "a=1; b=2",
                    "X-Long": "x" * 2000,
                    "Accept-Language": "en, de;q=0.5",
                }
            ),
            status_101(),
            hint="Read the fields that you need, and pass over all others.",
        ),
        case(
            "Upgrade may be one of several words of the header Connection.",
            "4.2.1",
            request({"Connection": "keep-alive, Upgrade"}),
            status_101(),
            hint="Firefox sends this. The value is a list: look for your word in it.",
        ),
        case(
            "The words websocket and upgrade are the same in upper and lower case.",
            "4.2.1",
            request({"Upgrade": "WebSocket", "Connection": "upgrade"}),
            status_101(),
            hint="Compare these two values in lower case.",
        ),
        case(
            "Spaces around the value of a header field do not belong to it.",
            "4.2.1",
            request({"Sec-WebSocket-Version": "  13 ", "Upgrade": "\twebsocket  "}),
            status_101(),
            hint="Strip spaces and tabs around the value (RFC 9110 §5.5).",
        ),
        case(
            "The path may have a query.",
            "4.2.1",
            request(query="?room=1&name=ana"),
            status_101(),
            hint="The request line has three words: the method, the path with its query, HTTP/1.1.",
        ),
        case(
            "A client that leaves before it has sent anything does not stop the server.",
            "7.1.1",
            request(form=lambda head: b""),
            LEAVE,
            apart(request(), status_101()),
            hint=LEFT,
        ),
        case(
            "A client that leaves inside its request does not stop the server.",
            "7.1.1",
            request(form=lambda head: head[:40]),
            RESET,
            apart(request(), status_101()),
            hint=LEFT,
        ),
        case(
            "The connection of a client that leaves inside its request is ended.",
            "4.2.1",
            request(form=lambda head: head[:40]),
            FINISH,
            ended(),
            hint="When the client has ended its side, no more of the request can come. Close the "
            "connection also where an exception was raised.",
        ),
    ),
)

ACCEPTED = Stage(
    2,
    "accept",
    "Prove that you have read the request: compute Sec-WebSocket-Accept from its key.",
    (
        case(
            "The response has the header Upgrade: websocket.",
            "4.2.2",
            request(),
            answered("Upgrade"),
            hint=FIELDS,
        ),
        case(
            "The response has the header Connection: Upgrade.",
            "4.2.2",
            request(),
            answered("Connection"),
            hint=FIELDS,
        ),
        case(
            "The key of the RFC's own example has the RFC's answer.",
            "1.3",
            request({"Sec-WebSocket-Key": SAMPLE_KEY}),
            answered("accept"),
            hint=ACCEPT + " The example in §1.3 shows each step.",
        ),
        case(
            "A random key has its own answer.",
            "4.2.2",
            request(),
            answered("accept"),
            hint=ACCEPT,
        ),
        case(
            "The next client has an answer of its own.",
            "4.2.2",
            request(),
            answered("accept"),
            LEAVE,
            apart(request(), answered("accept")),
            hint="Compute the answer for each request.",
        ),
        case(
            "A key with the characters + and / is a key like others.",
            "4.2.2",
            request({"Sec-WebSocket-Key": "+/+/+/+/+/+/+/+/+/+/+w=="}),
            answered("accept"),
            hint="Take the key as it came: it is text, and needs no decoding.",
        ),
        case(
            "Spaces around the key do not belong to it.",
            "4.2.1",
            request(form=lambda head: head.replace(b"Key: ", b"Key:  ").replace(b"==\r", b"== \r")),
            answered("accept"),
            hint="Strip spaces and tabs around the value (RFC 9110 §5.5).",
        ),
        case(
            "An extension that the server does not know is not accepted.",
            "9.1",
            request({"Sec-WebSocket-Extensions": "x-judge-unknown; level=11"}),
            answered(),
            hint="Send Sec-WebSocket-Extensions only for what your server can do: now, nothing.",
        ),
        case(
            "No subprotocol is chosen where none is offered.",
            "4.2.2",
            request({"Sec-WebSocket-Protocol": None}),
            answered(),
            hint="Send Sec-WebSocket-Protocol only with one of the names in the request.",
        ),
        case(
            "A subprotocol that is chosen is one of those offered.",
            "4.2.2",
            request({"Sec-WebSocket-Protocol": "judge.one, judge.two"}),
            answered(),
            hint="Choose one of the names in the request, or send no Sec-WebSocket-Protocol.",
        ),
    ),
)

STAGES = (REQUEST, ACCEPTED)


def _names(head: bytes, spell: Callable[[bytes], bytes]) -> bytes:
    """Spell the names of the header fields in another way."""
    first, *lines = head.split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    return b"\r\n".join([first, *(spell(name) + colon + value for name, colon, value in pairs)])


def _turned(head: bytes) -> bytes:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    return b"\r\n".join([first, *reversed(lines)]) + b"\r\n\r\n"
