"""The rules for every frame of a conversation, in all cases (RFC 6455 §5 to §8)."""

import codecs

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Failed

__all__ = ["Rules", "may_be_sent"]

NEVER_SENT = (1005, 1006, 1015)
"""Close codes for the sender's own program: they may not be in a Close frame (§7.4.1)."""


def may_be_sent(code: int) -> bool:
    """Whether a close code may be in a Close frame (§7.4)."""
    return 1000 <= code <= 4999 and code not in NEVER_SENT


class Rules:
    """Look at the frames that one side sends, in their order.

    Args:
        sender: ``"server"`` or ``"client"``.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._decoder: codecs.IncrementalDecoder | None = None
        self._in_message = False
        self._closed = False

    def check(self, frame: Frame) -> None:
        """Look at the next frame.

        Raises:
            Failed: no right program sends it here.
        """
        problem = self._header(frame) or self._place(frame) or self._payload(frame)
        if problem:
            expected, received, section = problem
            raise Failed(expected, f"{frame}: {received}", section, frame)

    def _header(self, frame: Frame) -> tuple[str, str, str] | None:
        if self._sender == "server" and frame.mask is not None:
            return "a frame without a mask: a server never masks", "MASK is 1", "5.1"
        if self._sender == "client" and frame.mask is None:
            return "a masked frame: a client masks every frame", "MASK is 0", "5.1"
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            return "RSV1, RSV2 and RSV3 of 0: no extension was agreed on", "one is 1", "5.2"
        if frame.opcode not in list(Opcode):
            return "a known opcode", f"opcode {frame.opcode} is reserved", "5.2"
        if frame.is_control and not frame.fin:
            return "control frames in one piece", "its FIN is 0", "5.5"
        if frame.is_control and frame.length > 125:
            return (
                "control frames of at most 125 bytes",
                f"its payload has {frame.length} bytes",
                "5.5",
            )
        least = 7 if frame.length < 126 else 16 if frame.length < 65536 else 64
        if frame.length_bits != least:
            text = f"a length of {frame.length} in its shortest form, of {least} bits"
            return text, f"it is written in {frame.length_bits} bits", "5.2"
        return None

    def _place(self, frame: Frame) -> tuple[str, str, str] | None:
        if self._closed:
            return "no frame after a Close frame", "it came after one", "5.5.1"
        if frame.is_control:
            self._closed = frame.opcode == Opcode.CLOSE
            return None
        continues = frame.opcode == Opcode.CONTINUATION
        if continues and not self._in_message:
            return "a message that begins with TEXT or BINARY", "no message has begun", "5.4"
        if self._in_message and not continues:
            return "the rest of the message that has begun", "a message inside a message", "5.4"
        if not continues:
            text = frame.opcode == Opcode.TEXT
            self._decoder = codecs.getincrementaldecoder("utf-8")() if text else None
        self._in_message = not frame.fin
        return None

    def _payload(self, frame: Frame) -> tuple[str, str, str] | None:
        if frame.opcode == Opcode.CLOSE:
            return self._close_payload(frame)
        if frame.is_control or self._decoder is None:
            return None
        try:
            self._decoder.decode(frame.payload, frame.fin)
        except UnicodeDecodeError as error:
            return "text in UTF-8", f"it is not valid UTF-8 ({error.reason})", "8.1"
        return None

    def _close_payload(self, frame: Frame) -> tuple[str, str, str] | None:
        if frame.length == 1:
            return "a Close frame with no code, or with a code of two bytes", "one byte", "5.5.1"
        if frame.close_code is not None and not may_be_sent(frame.close_code):
            return "a close code that may be sent", f"{frame.close_code} may not", "7.4"
        try:
            frame.payload[2:].decode()
        except UnicodeDecodeError:
            return "a close reason in UTF-8", "it is not valid UTF-8", "5.5.1"
        return None
