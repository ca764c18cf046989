"""Answers to exercise 01.1: mistakes, what is no answer yet, unusual right ones."""

import base64
import binascii
import functools
import hashlib
import os

from websockets.utils import accept_key as lib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def sha(text):
    return hashlib.sha1(text.encode()).digest()


def b64(data):
    return base64.b64encode(data).decode()


async def aio(key):
    return b64(sha(key + GUID))


class Accept:
    def __call__(self, key):
        return lib(key)


def upd(key):
    h = hashlib.new("sha1")
    h.update(key.encode("ascii"))
    h.update(GUID.encode())
    return binascii.b2a_base64(h.digest(), newline=False).decode("ascii")


MISTAKES = [
    ("01.1", lambda key: hashlib.sha1((key + GUID).encode()).hexdigest(), "that is the SHA-"),
    (
        "01.1",
        lambda key: b64(hashlib.sha1((key + GUID).encode()).hexdigest().encode()),
        "you encoded the hexadecimal text; encode",
    ),
    ("01.1", lambda key: b64(sha(GUID + key)), "the GUID comes after the key, not before it."),
    ("01.1", lambda key: b64(sha(key)), "the GUID is missing: it comes after the"),
    (
        "01.1",
        lambda key: b64(hashlib.sha256((key + GUID).encode()).digest()),
        "that is SHA-256; the RFC asks for SHA-1.",
    ),
    (
        "01.1",
        lambda key: b64(hashlib.md5((key + GUID).encode()).digest()),
        "that is MD5; the RFC asks for SHA-1.",
    ),
    (
        "01.1",
        lambda key: b64(hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()),
        "you decoded the key. It is used as it is,",
    ),
    (
        "01.1",
        lambda key: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "that is the answer to another key, the one",
    ),
    (
        "01.1",
        lambda key: "Sec-WebSocket-Accept: " + lib(key),
        "return the value only, without the header",
    ),
    ("01.1", lambda key: sha(key + GUID), "those are the twenty bytes; a header is"),
    ("01.1", aio, "your function is `async def`: calling it"),
    ("01.1", lambda key: b64(sha(key + GUID.lower())), "the GUID is written in capital letters."),
    ("01.1", lambda key: base64.urlsafe_b64encode(sha(key + GUID)).decode(), "that is base"),
    ("01.1", lambda key: lib(key).rstrip("="), "the = at the end is missing:"),
    (
        "01.1",
        lambda key: base64.encodebytes(sha(key + GUID)).decode(),
        "there is a newline at the end.",
    ),
    (
        "01.1",
        lambda key: str(base64.b64encode(sha(key + GUID))),
        "that is the repr of bytes: .decode() makes",
    ),
]

HINTS = [
    ("01.1", lambda key: key, "hash the key followed by the GUID with"),
    ("01.1", lambda key: b64(sha(key + " " + GUID)), "hash the key followed by the GUID with"),
    ("01.1", lambda key: b64(sha(key + GUID + "\r\n")), "hash the key followed by the GUID with"),
    ("01.1", lambda key: b64(os.urandom(20)), "hash the key followed by the GUID with"),
    ("01.1", lambda key: (lib(key),), "hash the key followed by the GUID with"),
    ("01.1", lambda key: print(lib(key)), "return the value of the header, a text"),
    ("01.1", lambda key: lib(key.lower()), "hash the key followed by the GUID with"),
    ("01.1", lambda key: b64(sha(key + GUID)[:16]), "hash the key followed by the GUID with"),
]

RIGHT = [
    ("01.1", lambda key: b64(sha(key + GUID))),
    ("01.1", lib),
    ("01.1", Accept()),
    ("01.1", upd),
    ("01.1", lambda key: base64.b64encode(sha(key + GUID))),
    ("01.1", functools.partial(lambda g, key: b64(sha(key + g)), GUID)),
]
