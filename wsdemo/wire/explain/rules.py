"""What the receiver of frames knows: the message so far, its compression, and broken rules."""

import codecs
from typing import NamedTuple

from wsdemo.frames import Frame, Opcode
from wsdemo.text import decode
from wsdemo.wire.deflate import NOT_DEFLATE, Inflater

__all__ = ["Agreement", "Reader", "Verdict"]

MOST_CONTROL = 125
"""Bytes that a control frame may carry (RFC 6455 §5.5)."""

MINIMUM = {16: 126, 64: 65_536}
"""The shortest payload for each longer form of the length (RFC 6455 §5.2)."""


class Agreement(NamedTuple):
    """What the two sides agreed on in the handshake.

    Attributes:
        deflate: whether messages may be compressed with permessage-deflate (RFC 7692).
        fresh: whether the sender compresses each message on its own.
        others: whether other extensions were agreed on, which may change any frame.
    """

    deflate: bool = False
    fresh: bool = False
    others: bool = False

    @classmethod
    def read(cls, extensions: str, sender: str) -> "Agreement":
        """Read the server's Sec-WebSocket-Extensions.

        Args:
            extensions: the value of the field; empty without one.
            sender: whose frames are meant, ``"client"`` or ``"server"``.
        """
        names = [each.partition(";")[0].strip() for each in extensions.split(",")]
        return cls(
            "permessage-deflate" in names,
            f"{sender}_no_context_takeover" in extensions,
            bool(set(names) - {"permessage-deflate", ""}),
        )


class Verdict(NamedTuple):
    """What a receiver makes of a frame.

    Attributes:
        text: whether its message is a text; ``None`` for a control frame.
        inflated: the frame as it was before compression; ``None`` if it was not inflated.
        compressed: whether its message is compressed.
        problem: the rule that it breaks, with the section; empty if it breaks none.
    """

    text: bool | None = None
    inflated: Frame | None = None
    compressed: bool = False
    problem: str = ""


class Reader:
    """Read the frames of one direction in order, as their receiver does.

    Args:
        from_client: whether a client sends them.
        agreement: what was agreed on.
    """

    def __init__(self, from_client: bool, agreement: Agreement) -> None:
        self._from_client = from_client
        self._agreement = agreement
        self._inflater = Inflater(agreement.fresh) if agreement.deflate else None
        self._open = self._text = self._compressed = False  # the message that has begun
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def judge_header(self, frame: Frame) -> str:
        """Return the rule that a frame's header breaks, with the section; empty for none."""
        return next(filter(None, (self._bits(frame), self._lengths(frame), self._order(frame))), "")

    def take(self, frame: Frame) -> Verdict:
        """Read the next frame, which is whole."""
        problem = self.judge_header(frame)
        if frame.is_control:
            return Verdict(problem=problem or _close_problem(frame))
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY) and not problem:
            self._text, self._compressed = frame.opcode == Opcode.TEXT, frame.rsv1
            self._decoder.reset()
        self._open = not frame.fin
        inflated = None
        if self._inflater and not problem:
            inflated = self._inflater.feed(frame)
            if self._inflater.problem == NOT_DEFLATE:
                problem = "the payload cannot be inflated (RFC 7692 §7.2.2)"
        compressed = self._compressed and self._agreement.deflate
        known = inflated or (None if compressed or self._agreement.others else frame)
        if known is not None and self._text and not problem:
            problem = self._text_problem(known, frame.fin)
        return Verdict(self._text, inflated, compressed, problem)

    def preview(self, frame: Frame) -> Verdict:
        """Tell what is known of a frame of which only a part has come."""
        if frame.is_control:
            return Verdict(problem=self.judge_header(frame))
        starts = frame.opcode != Opcode.CONTINUATION
        text = frame.opcode == Opcode.TEXT if starts else self._text
        compressed = self._agreement.deflate and (frame.rsv1 if starts else self._compressed)
        return Verdict(text, None, compressed, self.judge_header(frame))

    def _bits(self, frame: Frame) -> str:
        if self._from_client and frame.mask is None:
            return "a client must mask its frames (RFC 6455 §5.1)"
        if not self._from_client and frame.mask is not None:
            return "a server must not mask its frames (RFC 6455 §5.1)"
        if self._agreement.others:
            return ""
        starts = frame.opcode in (Opcode.TEXT, Opcode.BINARY)
        if frame.rsv2 or frame.rsv3 or (frame.rsv1 and not self._agreement.deflate):
            return "a reserved bit is set that no agreed extension uses (RFC 6455 §5.2)"
        if frame.rsv1 and not starts:
            return "RSV1 belongs in the first frame of a message only (RFC 7692 §6.1)"
        if frame.opcode not in list(Opcode):
            return f"opcode {frame.opcode} is reserved (RFC 6455 §5.2)"
        return ""

    def _lengths(self, frame: Frame) -> str:
        if frame.length >= 2**63:
            return "the first bit of a length of 64 bits must be 0 (RFC 6455 §5.2)"
        if frame.length < MINIMUM.get(frame.length_bits, 0):
            return "the length is not written in the shortest form (RFC 6455 §5.2)"
        if frame.is_control and frame.length > MOST_CONTROL:
            return f"a control frame carries at most {MOST_CONTROL} bytes (RFC 6455 §5.5)"
        return ""

    def _order(self, frame: Frame) -> str:
        if frame.is_control:
            return "" if frame.fin else "a control frame must not be fragmented (RFC 6455 §5.5)"
        if frame.opcode == Opcode.CONTINUATION and not self._open:
            return "there is no message that this frame could continue (RFC 6455 §5.4)"
        if frame.opcode != Opcode.CONTINUATION and self._open:
            return "a new message begins before the last one has ended (RFC 6455 §5.4)"
        return ""

    def _text_problem(self, frame: Frame, fin: bool) -> str:
        try:
            self._decoder.decode(frame.payload, fin)
        except UnicodeDecodeError:
            return "a text must be valid UTF-8 (RFC 6455 §8.1)"
        return ""


def _close_problem(frame: Frame) -> str:
    if frame.opcode != Opcode.CLOSE or not frame.payload:
        return ""
    code = frame.close_code
    if code is None:
        return "a close code has two bytes (RFC 6455 §5.5.1)"
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, 1005, 1006):
        return f"{code} must not be sent as a close code (RFC 6455 §7.4)"
    if decode(frame.payload[2:]) is None:
        return "the reason must be valid UTF-8 (RFC 6455 §5.5.1)"
    return ""
