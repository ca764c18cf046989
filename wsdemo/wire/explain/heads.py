"""The HTTP of a connection as spans: requests, responses, and their content."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from wsdemo.frames import Handshake, accept_key
from wsdemo.wire.bodies import has_body
from wsdemo.wire.explain.fields import HEADERS, METHODS, OTHER_HEADER, explain_status
from wsdemo.wire.explain.spans import Span, show_text, show_words
from wsdemo.wire.transcript import PLACEHOLDERS, hide_port

__all__ = ["Message", "read_message", "unread"]

REQUEST_LINE = re.compile(rb"([!#-'*+.^_`|~0-9A-Za-z-]+ )([^ \r\n]+ )(HTTP/\d\.\d\r\n)")
STATUS_LINE = re.compile(rb"(HTTP/\d\.\d )(\d{3} ?)([^\r\n]*\r\n)")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[^\r\n]*\r\n")
LINE = re.compile(rb".*?\r\n", re.DOTALL)

NOT_HTTP = {
    True: "Not read: this is not an HTTP request, and frames may follow only after a 101.",
    False: "Not read: this is not an HTTP response.",
}


class Message(NamedTuple):
    """A request or a response, or bytes that should have been one.

    Attributes:
        spans: all of its bytes.
        title: what it is, in one short line.
        handshake: its head; ``None`` if that is incomplete, or not HTTP.
    """

    spans: tuple[Span, ...]
    title: str
    handshake: Handshake | None = None


def unread(data: bytes, meaning: str, section: str) -> Span:
    """Explain bytes that nobody reads.

    Args:
        data: the bytes.
        meaning: why, in a sentence.
        section: where that is defined.
    """
    return Span(data, "unread", "not read", show_text(data, cut_after=True), meaning, section)


def read_message(data: bytes, asked: Handshake | None, *, is_request: bool) -> Message:
    """Read one request or response (RFC 9112 §2.1).

    Args:
        data: at least one byte, from where the message begins to the end of the recording.
        asked: the request that a response answers, if that is known.
        is_request: whether it is a request.
    """
    if data[0] == 0x16:  # a TLS handshake record
        meaning = "Not read: TLS. From here on the wire sees only ciphertext."
        return Message((unread(data, meaning, "RFC 6455 §10.6"),), "TLS")
    end = data.find(b"\r\n\r\n") + 2
    head = data[:end] if end > 1 else data[: data.rfind(b"\r\n") + 2 if b"\r\n" in data else 0]
    lines = LINE.findall(head)
    start = (REQUEST_LINE if is_request else STATUS_LINE).fullmatch(lines[0]) if lines else None
    may_become_http = not lines and 0x20 < data[0] < 0x7F
    if start is None and not may_become_http:
        span = unread(data, NOT_HTTP[is_request], "RFC 9112 §2.1")
        return Message((span,), "not an HTTP " + ("request" if is_request else "response"))
    spans: list[Span] = []
    if start:
        spans += _request_line(*start.groups()) if is_request else _status_line(*start.groups())
    spans += [_header(line, asked) for line in lines[1:]]
    title = _title(lines[0], is_request) if lines else "the beginning of an HTTP message"
    parsed = Handshake.parse(data)
    if parsed is None:
        if rest := data[len(head) :]:
            meaning = "Not read yet: the blank line that ends the head has not come."
            spans.append(unread(rest, meaning, "RFC 9112 §2.1"))
        return Message(tuple(spans), f"{title} (incomplete)")
    handshake, rest = parsed
    spans.append(_blank_line(handshake))
    if has_body(handshake) and not (asked and asked.start_line.startswith("HEAD ")):
        spans += _content(handshake, rest)
    return Message(tuple(spans), title, handshake)


def _title(line: bytes, is_request: bool) -> str:
    words = show_words(line)
    if is_request:
        return "request " + words.rpartition(" ")[0]
    return "response " + words.partition(" ")[2]


def _request_line(method: bytes, target: bytes, version: bytes) -> Iterator[Span]:
    name = method.decode().strip()
    other = ("A method that a handshake must not use: it must use GET.", "RFC 9110 §9.1")
    yield Span(method, "start", "method", name, *METHODS.get(name, other))
    meaning = "The path and the query that the client asks for. One server can offer several paths."
    shown = show_words(target)
    yield Span(
        target, "start", "target", shown, meaning, "RFC 9112 §3.2", steady=_without_port(shown)
    )
    yield _version(version, "The version of HTTP. A handshake needs 1.1 or later.")


def _status_line(version: bytes, status: bytes, reason: bytes) -> Iterator[Span]:
    yield _version(version, "The version of HTTP that the server speaks here.")
    yield Span(status, "start", "status", show_words(status), *explain_status(int(status.strip())))
    meaning = "The status in words, for people. Programs ignore it."
    yield Span(reason, "start", "reason phrase", show_words(reason), meaning, "RFC 9112 §4")


def _version(data: bytes, meaning: str) -> Span:
    return Span(data, "start", "version", show_words(data), meaning, "RFC 9112 §2.3")


def _header(line: bytes, asked: Handshake | None) -> Span:
    name, colon, value = line.partition(b":")
    if line[:1] in (b" ", b"\t"):
        meaning = "The field above goes on in this line. Senders must not do that any more."
        return Span(line, "header", "folded line", show_words(line), meaning, "RFC 9112 §5.2")
    if not colon:
        meaning = "Not a header field: it has no colon. Servers answer such a request with 400."
        return Span(line, "unread", "broken line", show_words(line), meaning, "RFC 9112 §5")
    shown, key = show_words(value), name.decode("latin-1").lower()
    meaning, section = HEADERS.get(key, OTHER_HEADER)
    if key == "sec-websocket-accept" and asked and (sent := asked.get("Sec-WebSocket-Key")):
        right = accept_key(sent) == shown
        meaning += (
            " It is the right one for this key."
            if right
            else " It is not the one for this key, so the client fails the connection."
        )
    steady = PLACEHOLDERS.get(key) or _without_port(shown)
    return Span(line, "header", show_words(name), shown, meaning, section, steady=steady)


def _without_port(shown: str) -> str:
    """The same without ports of this machine; empty if there are none."""
    hidden = hide_port(shown)
    return "" if hidden == shown else hidden


def _blank_line(handshake: Handshake) -> Span:
    after = "The header fields end here."
    if handshake.status == 101:
        after += " HTTP ends, too: the next byte is the first of a frame."
    section = "RFC 6455 §4.2.2" if handshake.status == 101 else "RFC 9112 §2.1"
    return Span(b"\r\n", "end", "blank line", r"\r\n", after, section)


def _content(handshake: Handshake, data: bytes) -> Iterator[Span]:
    """Explain the content, as far as it has come (RFC 9112 §6.3)."""
    length = handshake.get("Content-Length")
    if "chunked" in handshake.get("Transfer-Encoding").lower():
        yield from _chunks(data)
        return
    if re.fullmatch("[0-9]{1,18}", length):
        meaning, section = "As many bytes as Content-Length says.", "RFC 9112 §6.2"
        if len(data) < int(length):
            meaning = f"{len(data)} of the {length} bytes that Content-Length says are here."
        data = data[: int(length)]
    else:
        meaning, section = "The content ends where the connection ends.", "RFC 9112 §6.3"
    if handshake.status and handshake.status >= 400:
        meaning += " A refusal often says here what is wrong; a page cannot read it."
    if data:
        shown = show_text(data, cut_after=True)
        yield Span(data, "body", "content", shown, meaning, section, steady=_without_port(shown))


def _chunks(data: bytes) -> Iterator[Span]:
    """Explain the chunked transfer coding (RFC 9112 §7.1)."""
    section = "RFC 9112 §7.1"
    while data:
        size = CHUNK_SIZE.match(data)
        if size is None:
            yield unread(
                data, "Not read: this is not the size of a chunk, or only a part of it.", section
            )
            return
        length = int(size[1], 16)
        told = (
            f"{length} bytes follow, in hexadecimal."
            if length
            else "The size 0 marks the last chunk."
        )
        yield Span(size[0], "body", "chunk size", show_words(size[0]), told, section)
        data = data[size.end() :]
        if not length:
            yield from _trailers(data)
            return
        if chunk := data[:length]:
            told = "A part of the content."
            yield Span(chunk, "body", "chunk", show_text(chunk, True, True), told, section)
        if ending := data[length : length + 2]:
            told = "The chunk ends here."
            yield Span(ending, "end", "line end", show_text(ending).strip("'"), told, section)
        data = data[length + 2 :]


def _trailers(data: bytes) -> Iterator[Span]:
    """Explain the fields after the last chunk, and the blank line (RFC 9112 §7.1.2)."""
    section = "RFC 9112 §7.1.2"
    while data:
        line = LINE.match(data)
        if line is None:
            yield unread(
                data, "Not read yet: the blank line after the content is missing.", section
            )
            return
        data = data[line.end() :]
        if line[0] == b"\r\n":
            yield Span(line[0], "end", "blank line", r"\r\n", "The content ends here.", section)
            return
        shown, told = show_words(line[0]), "A field that comes after the content."
        yield Span(line[0], "header", "trailer field", shown, told, section)
