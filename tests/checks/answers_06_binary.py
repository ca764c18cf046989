"""Answers to the exercises of lesson 06: mistakes, what is no answer yet, right ones."""

from tests.checks.worked import SOLUTIONS


def little_endian(payload, mask):
    frame = SOLUTIONS["06.1"](payload, mask)
    extended = {126: 2, 127: 8}.get(frame[1] & 127, 0)
    return frame[:2] + frame[2 : 2 + extended][::-1] + frame[2 + extended :]


def always_long(payload, mask):
    length = len(payload).to_bytes(8, "big")
    return b"\x82\xff" + length + mask + SOLUTIONS["06.2"](payload, mask)


def one_byte_of_the_mask(payload, mask):
    return bytes(byte ^ mask[0] for byte in payload)


def shorter_of_the_two(payload, mask):
    return bytes(a ^ b for a, b in zip(payload, mask, strict=False))


def joined(frames, text):
    messages, parts = [], []
    for frame in frames:
        parts.append(text(frame.payload))
        if frame.fin and frame.opcode < 8:
            messages.append(type(parts[0])().join(parts))
            parts = []
    return messages


def takes_pings_for_data(frames):
    return joined(frames, bytes)


def decodes_each_fragment(frames):
    return [each.payload.decode() for each in frames if not each.is_control]


def decodes_each_and_hides_it(frames):
    data = [each for each in frames if not each.is_control]
    return joined(data, lambda payload: payload.decode(errors="replace"))


MISTAKES = [
    ("06.1", little_endian, "wrong way round"),
    ("06.1", always_long, "another form"),
    ("06.2", one_byte_of_the_mask, "take turns"),
    ("06.2", shorter_of_the_two, "begins again"),
    ("06.3", takes_pings_for_data, "no part of it"),
    ("06.3", decodes_each_fragment, "within a character"),
    ("06.3", decodes_each_and_hides_it, "half a character"),
]
