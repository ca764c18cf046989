"""Text that strangers have sent, shown as text, so that it disturbs nothing around it."""

import codecs
import re
import unicodedata

__all__ = ["beginning", "decode", "is_plain", "keeps_order", "quote", "visible"]

# What moves a terminal's cursor, starts its commands, turns the direction of writing (Unicode TR9
# §2), breaks the line, is no character at all, or cannot be seen. The two zero-width joiners stay:
# emoji, Persian and the scripts of India need them.
_DISTURBING = (
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
# A flag such as Scotland's is a black flag and letters that cannot be seen (Unicode TR51 §3.5).
_FLAG = r"\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f"
_FLAG_OR_DISTURBING = re.compile(f"(?P<flag>{_FLAG})|{_DISTURBING}")
# Python's own error handler escapes what is not ASCII.
_SHORT = {chr(code): f"\\x{code:02x}" for code in (*range(32), 127)}
_SHORT |= {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ZERO_WIDTH_JOINER = "\u200d"
_JOINED = re.compile(r"[\u200d\u1160-\u11ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")


def visible(text: str) -> str:
    r"""Escape the characters that would disturb what stands around them, and no others.

    Args:
        text: any text.

    Returns:
        The text, with ``\n``, ``\x1b`` or ``\u202e`` in their place, as Python writes them.
    """
    return _FLAG_OR_DISTURBING.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match["flag"]:
        return match[0]
    code = ord(match[0])
    if match[0] in _SHORT:
        return _SHORT[match[0]]
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def quote(text: str) -> str:
    """Write a text as ``repr`` does, but keep each character that a reader can see.

    ``repr`` escapes all spaces but one, joined emoji, and what is newer than this Python's Unicode.
    """
    mark = '"' if "'" in text and '"' not in text else "'"
    escaped = text.replace("\\", r"\\").replace(mark, f"\\{mark}")
    return f"{mark}{visible(escaped)}{mark}"


def is_plain(text: str) -> bool:
    """Whether a text has no control characters but tabs and line ends, as bytes often have."""
    return not _CONTROL.search(text)


def keeps_order(text: str) -> bool:
    """Whether nothing in a text is written from right to left, and moves numbers after it."""
    turning = ("R", "AL", "AN")  # Unicode TR9 §3.2
    return text.isascii() or not any(unicodedata.bidirectional(each) in turning for each in text)


def beginning(text: str, size: int) -> str:
    """Cut a text between characters as a reader sees them: no accent, no emoji is cut in two.

    Args:
        text: the text.
        size: how many code points to keep at most.
    """
    if len(text) <= size:
        return text
    end = size
    while end and _belong_together(text, end):
        end -= 1
    return text[: end or size]  # nothing but accents: there is no right place


def _belong_together(text: str, place: int) -> bool:
    """Whether what stands before a place and what stands after it are one character to a reader."""
    before, after = text[place - 1], text[place]
    if before == _ZERO_WIDTH_JOINER or _JOINED.match(after) or before + after == "\r\n":
        return True
    if _REGIONAL.match(before) and _REGIONAL.match(after):  # a pair of these is a flag
        first = place
        while first and _REGIONAL.match(text[first - 1]):
            first -= 1
        return (place - first) % 2 == 1
    return unicodedata.category(after).startswith("M")


def decode(
    data: bytes, cut_before: bool = False, cut_after: bool = False
) -> tuple[bytes, str, bytes] | None:
    """Decode UTF-8 of which only a part may be there.

    Args:
        data: the bytes.
        cut_before: whether they may begin inside a character.
        cut_after: whether they may end inside one.

    Returns:
        The bytes before the first whole character, the text, and the bytes after the last one;
        ``None`` if it is not UTF-8.
    """
    start = 0
    while cut_before and start < min(3, len(data)) and data[start] & 0xC0 == 0x80:
        start += 1
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(data[start:])
    except UnicodeDecodeError:
        return None
    rest = decoder.getstate()[0]
    return None if rest and not cut_after else (data[:start], text, rest)
