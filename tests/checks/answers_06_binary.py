"""Answers to the exercises of lesson 06: mistakes, what is no answer yet, right ones."""

import array
import functools
import itertools
import struct

from tests.checks.worked import SOLUTIONS
from wsdemo.frames import Frame, Opcode, apply_mask

right_frame, right_undo, right_join = (SOLUTIONS[each] for each in ("06.1", "06.2", "06.3"))

# 06.1


def frame(first=0x82, mask_bit=0x80, limits=(125, 65_535), long=8, order="big", body=None):
    """Make a client_frame with these faults; body(payload, mask) is what follows the length."""

    def client_frame(payload, mask):
        size = len(payload)
        if size <= limits[0]:
            length = bytes([mask_bit | size])
        elif size <= limits[1]:
            length = bytes([mask_bit | 126]) + size.to_bytes(2, order)
        else:
            length = bytes([mask_bit | 127]) + size.to_bytes(long, order)
        rest = body(payload, mask) if body else mask + right_undo(payload, mask)
        return bytes([first]) + length + rest

    return client_frame


def with_payload(change):
    return frame(body=lambda payload, mask: mask + change(payload, mask))


def mask_before_the_length(payload, mask):
    whole = right_frame(payload, mask)
    length = whole[1 : -4 - len(payload)]
    return whole[:1] + length[:1] + mask + length[1:] + whole[len(whole) - len(payload) :]


def one_byte_of_the_mask(payload, mask):
    return bytes(byte ^ mask[0] for byte in payload)


def shorter_of_the_two(payload, mask):
    return bytes(a ^ b for a, b in zip(payload, mask, strict=False))


def packed(payload, mask):
    size, data = len(payload), bytearray([0x82])
    if size < 126:
        data += struct.pack("!B", 0x80 | size)
    elif size < 2**16:
        data += struct.pack("!BH", 0xFE, size)
    else:
        data += struct.pack("!BQ", 0xFF, size)
    data += mask
    data.extend(map(int.__xor__, payload, itertools.cycle(mask)))
    return data


def without_long_form(payload, mask):
    """Write as much of the length as two bytes hold."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size % 2**16)
    return b"\x82" + length + mask + right_undo(payload, mask)


async def asynchronous(payload, mask):
    return right_frame(payload, mask)


FRAMES = [
    (frame(order="little"), "wrong order"),
    (frame(limits=(124, 65_535)), "another form"),
    (frame(limits=(126, 65_535)), "another form"),
    (frame(limits=(127, 65_535)), "another form"),
    (frame(limits=(125, 65_534)), "another form"),
    (frame(limits=(-1, -1)), "another form"),
    (frame(limits=(125, 10**6)), "raised an exception. A payload of 65,536 bytes needs the 64-bit"),
    (lambda payload, mask: right_frame(payload, bytes(4)), "not the mask that your function"),
    (lambda payload, mask: right_frame(payload, mask[::-1]), "not the mask that your function"),
    (asynchronous, "`async def`"),
]
FRAMES_HINTS = [
    (frame(first=0x81), "0x82"),
    (frame(first=0x02), "0x82"),
    (frame(first=0xC2), "0x82"),
    (frame(mask_bit=0), "begins with the MASK bit"),
    (frame(long=4), "a payload of 65,536 bytes needs the 64-bit form"),
    (without_long_form, "a payload of 65,536 bytes needs the 64-bit form: 127 in the second byte"),
    (frame(body=lambda payload, mask: right_undo(payload, mask)), "must be in the frame"),
    (with_payload(lambda payload, mask: payload), "the payload must be masked"),
    (with_payload(one_byte_of_the_mask), "mask[n % 4]"),
    (with_payload(shorter_of_the_two), "too short"),
    (mask_before_the_length, "after the whole length"),
    (lambda payload, mask: bytes(Frame(Opcode.BINARY, payload)), "a server's frame"),
    (lambda payload, mask: Frame(Opcode.BINARY, payload, mask=mask), "return the bytes"),
    (lambda payload, mask: right_frame(payload, mask).hex(), "return the bytes"),
    (lambda payload, mask: right_frame(b"Hello", mask), "the length is not written"),
]
FRAMES_RIGHT = [
    packed,
    frame(body=lambda payload, mask: mask + apply_mask(payload, mask)),
    lambda payload, mask: memoryview(right_frame(payload, mask)),
    lambda payload, mask: bytes(Frame(Opcode.BINARY, payload, mask=mask)),
    functools.partial(lambda first, *rest: first + right_frame(*rest)[1:], b"\x82"),
]

# 06.2


def as_number(length):
    """Make an undo that takes bytes for one number; length(payload, number) is how many it has."""

    def undo(payload, mask):
        masks = (mask * (len(payload) // 4 + 1))[: len(payload)]
        number = int.from_bytes(payload, "big") ^ int.from_bytes(masks, "big")
        return number.to_bytes(length(payload, number), "big")

    return undo


def by_place(take):
    return lambda payload, mask: bytes(
        take(byte, mask, place) for place, byte in enumerate(payload)
    )


def refuses_empty(payload, mask):
    assert payload
    return right_undo(payload, mask)


def in_place(payload, mask):
    payload = bytearray(payload)
    for place in range(len(payload)):
        payload[place] ^= mask[place % 4]
    return payload


UNDOS = [
    (one_byte_of_the_mask, "take turns"),
    (by_place(lambda byte, mask, place: byte ^ mask[place // 4 % 4]), "take turns"),
    (shorter_of_the_two, "begins again"),
    (lambda payload, mask: right_undo(payload[:4], mask) + payload[4:], "begins again"),
    (as_number(lambda payload, number: (number.bit_length() + 7) // 8), "zeros at the beginning"),
    (lambda payload, mask: right_undo(payload, mask).strip(b"\0"), "zeros at the beginning"),
    (lambda payload, mask: right_undo(payload, mask).rstrip(b"\0"), "zeros at the end"),
    (lambda payload, mask: right_undo(payload, mask)[: len(payload) // 4 * 4], "multiple of four"),
    (lambda payload, mask: right_undo(payload + bytes(-len(payload) % 4), mask), "as many bytes"),
    (lambda payload, mask: right_undo(payload[:1000], mask), "a payload may be longer"),
    (by_place(lambda byte, mask, place: byte ^ mask[place]), "raised an exception"),
    (refuses_empty, "raised an exception"),
    (lambda payload, mask: payload ^ mask, "raised an exception"),
    (asynchronous, "`async def`"),
]
UNDOS_HINTS = [
    (by_place(lambda byte, mask, place: (byte - mask[place % 4]) % 256), "XOR (^)"),
    (by_place(lambda byte, mask, place: byte & mask[place % 4]), "XOR (^)"),
    (by_place(lambda byte, mask, place: byte ^ mask[3 - place % 4]), "XOR (^)"),
    (lambda payload, mask: right_undo(payload, bytes.fromhex("37fa213d")), "XOR (^)"),
    (lambda payload, mask: payload, "still masked"),
    (lambda payload, mask: right_undo(payload, mask).decode(), "return the bytes"),
    (lambda payload, mask: len(payload), "return the bytes"),
]
UNDOS_RIGHT = [
    in_place,
    apply_mask,
    as_number(lambda payload, number: len(payload)),
    lambda payload, mask: [a ^ b for a, b in zip(payload, itertools.cycle(mask), strict=False)],
    lambda payload, mask: array.array("B", right_undo(payload, mask)),
    lambda payload, mask: map(int.__xor__, payload, itertools.cycle(mask)),
]

# 06.3


def joins(skips=(8, 9, 10), kind=lambda first, last: first, each=None, whole=bytes.decode):
    """Make a join with these faults.

    Args:
        skips: the opcodes of the frames that it skips.
        kind: chooses the opcode of a message, given its first one and its last one.
        each: decodes each fragment; None decodes the whole.
        whole: decodes a whole text.
    """

    def join(frames):
        messages, parts, opcodes = [], [], []
        for frame in frames:
            if frame.opcode in skips:
                continue
            parts.append(each(frame.payload) if each else frame.payload)
            opcodes.append(frame.opcode)
            if frame.fin:
                message = "".join(parts) if each else b"".join(parts)
                is_text = kind(opcodes[0], opcodes[-1]) == 1
                messages.append(whole(message) if is_text and not each else message)
                parts, opcodes = [], []
        return messages

    return join


def decodes_each(errors):
    """Make a join that decodes each fragment of a text."""

    def join(frames):
        data = [each for each in frames if not each.is_control]
        texts = joins(each=lambda payload: payload.decode(errors=errors))(data)
        return [
            a if isinstance(b, str) else b for a, b in zip(texts, right_join(data), strict=True)
        ]

    return join


def guesses(frames):
    return [each.decode() if each.isascii() else each for each in joins(kind=lambda *_: 2)(frames)]


def any_fin_ends(frames):
    messages, part, opcode = [], b"", 1
    for frame in frames:
        if not frame.is_control:
            opcode, part = frame.opcode or opcode, part + frame.payload
        if frame.fin:
            messages.append(part.decode() if opcode == 1 else part)
            part = b""
    return messages


def opcode_of_any(frames):
    messages, part, opcode = [], b"", 1
    for frame in frames:
        opcode = frame.opcode or opcode
        if not frame.is_control:
            part += frame.payload
            if frame.fin:
                messages.append(part.decode() if opcode == 1 else part)
                part = b""
    return messages


class NeverNew:
    messages = []  # noqa: RUF012 (that is the mistake)

    def __call__(self, frames):
        self.messages.extend(right_join(frames))
        return self.messages


class Join:
    def __call__(self, frames):
        data = [each for each in frames if each.opcode < 8]
        while data:
            count = next(place for place, each in enumerate(data, start=1) if each.fin)
            message, data = data[:count], data[count:]
            yield self.read(message[0].opcode, b"".join(each.payload for each in message))

    def read(self, opcode, payload):
        return str(payload, "utf-8") if opcode is Opcode.TEXT else payload


JOINS = [
    (lambda frames: [each.payload for each in frames], "of its frames together"),
    (joins(kind=lambda first, last: 2), "of its frames together"),
    (joins(kind=lambda first, last: last), "of its frames together"),
    (joins(kind=lambda first, last: 1), "a binary message `bytes`"),
    (joins(whole=lambda payload: payload.decode("latin-1")), "is UTF-8"),
    (decodes_each("strict"), "raised an exception. Remember: a fragment may end within"),
    (decodes_each("replace"), "within a character"),
    (decodes_each("ignore"), "within a character"),
    (guesses, "a binary message `bytes`"),
    (lambda frames: list(filter(None, right_join(frames))), "an empty message"),
    (joins(skips=(8, 10)), "its opcode do not belong to that message"),
    (any_fin_ends, "its opcode do not belong to that message"),
    (opcode_of_any, "its opcode do not belong to that message"),
    (joins(skips=(8, 9)), "a pong may come between"),
    (joins(skips=(9, 10)), "skip ping, pong and close"),
    (lambda frames: right_join(frames)[:1], "each is a message of its own"),
    (lambda frames: right_join(frames)[::-1], "each is a message of its own"),
    (NeverNew(), "of an earlier call"),
]
JOINS_HINTS = [
    (lambda frames: "".join(map(str, right_join(frames))), "return a list"),
    (lambda frames: dict(enumerate(right_join(frames))), "return a list"),
]
JOINS_RIGHT = [
    joins(),
    Join(),
    lambda frames: tuple(right_join(frames)),
    lambda frames: [
        memoryview(each) if type(each) is bytes else each for each in right_join(frames)
    ],
    joins(whole=lambda payload: payload.decode("utf-8", "replace")),
]

MISTAKES = [
    *(("06.1", *row) for row in FRAMES),
    *(("06.2", *row) for row in UNDOS),
    *(("06.3", *row) for row in JOINS),
]
HINTS = [
    *(("06.1", *row) for row in FRAMES_HINTS),
    *(("06.2", *row) for row in UNDOS_HINTS),
    *(("06.3", *row) for row in JOINS_HINTS),
]
RIGHT = [
    *(("06.1", answer) for answer in FRAMES_RIGHT),
    *(("06.2", answer) for answer in UNDOS_RIGHT),
    *(("06.3", answer) for answer in JOINS_RIGHT),
]
