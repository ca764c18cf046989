"""Answers to the exercises of lesson 01: mistakes, what is no answer yet, right ones."""

import base64
import hashlib

from tests.checks.worked import SOLUTIONS
from wsdemo.frames import GUID

REQUEST = SOLUTIONS["01.2"]


REFUSALS = SOLUTIONS["01.3"]


def in_hexadecimal(key):
    return hashlib.sha1((key + GUID).encode()).hexdigest()


def guid_first(key):
    return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()


MISTAKES = [
    ("01.1", in_hexadecimal, "hexadecimal"),
    ("01.1", guid_first, "after the key"),
    ("01.2", REQUEST.replace(b"Sec-WebSocket-Version: 13\r\n", b""), "Version: 13 is missing"),
    ("01.2", REQUEST.replace(b"\r\n", b"\n"), "bare newline"),
    ("01.3", REFUSALS | {"no upgrade": 400}, "426"),
    ("01.3", REFUSALS | {"foreign origin": 401}, "403"),
]
