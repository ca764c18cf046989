"""Answers to exercises 07.1 and 07.2, close codes: mistakes, no answers yet, right ones."""

from websockets.frames import CloseCode

from tests.checks.worked import SOLUTIONS

CLOSES = "the client closes with 4000"
NO_CODE = "the client sends a Close frame without a code"
TOO_BIG = "the server sends more than the client's max_size"
CUT = "the network cable is cut"
FROZEN = "the network freezes, and only the client pings"
REFUSED = "the server answers the handshake with 401"

FINISHED = "the conversation is finished"
RESTART = "the server restarts with a new version"
BUG = "a bug in the handler"
TEXT = "a text came, where only binary data make sense"
BIG = "a message is bigger than we take"
EXPIRED = "the user's permission has expired"
FULL = "too many users today, try again later"


def predicts(end, client, server):
    return SOLUTIONS["07.1"] | {end: (client, server)}


def chooses(fault, code):
    return SOLUTIONS["07.2"] | {fault: code}


def without(answer, key):
    return {each: value for each, value in answer.items() if each != key}


PREDICTIONS = [
    (CLOSES, 4000, 1000, "the server sent the same code back"),
    (CLOSES, 1005, 4000, "the server sent the same code back"),
    (NO_CODE, 1006, 1006, "1006 means that no Close frame was received"),
    (NO_CODE, 1000, 1000, "without a code was received"),
    (NO_CODE, None, None, "without a code was received"),
    (TOO_BIG, 1009, 1009, "It sent 1009, but it received no Close frame"),
    (TOO_BIG, 1006, 1006, "The client found the fault"),
    (TOO_BIG, None, 1009, "the library reports that as 1006"),
    (CUT, 1001, 1001, "received no Close frame"),
    (CUT, None, None, "the library reports that as 1006"),
    (CUT, 1006, None, "the library reports that as 1006"),
    (FROZEN, 1006, 1006, "its side of the connection is still open"),
    (FROZEN, 1011, None, "It got no pong and sent 1011"),
    (FROZEN, None, None, "the library reports that as 1006"),
    (REFUSED, 1006, None, "There was no WebSocket"),
    (REFUSED, 401, 401, "`connect` raises InvalidStatus"),
    (REFUSED, None, 1006, "There was no WebSocket"),
]
CHOICES = [
    (FINISHED, 1001, "“going away”"),
    (FINISHED, 1005, "1005 must not be sent"),
    (FINISHED, 4000, "only your own clients"),
    (FINISHED, 200, "a status of HTTP"),
    (RESTART, 1000, "that it should reconnect"),
    (RESTART, 1013, "“try again later”"),
    (BUG, 1006, "1006 must not be sent"),
    (BUG, 1000, "does not know that something is wrong"),
    (BUG, 1002, "“protocol error”"),
    (BUG, 500, "a status of HTTP"),
    (TEXT, 1007, "“invalid frame payload data”"),
    (TEXT, 1008, "“policy violation”"),
    (BIG, 4009, "only your own clients"),
    (BIG, 1008, "“policy violation”"),
    (EXPIRED, 401, "a status of HTTP"),
    (EXPIRED, "403", "a status of HTTP"),
    (EXPIRED, 1001, "“going away”"),
    (EXPIRED, 3001, "the range for libraries"),
    (FULL, 2000, "not a code that may be sent"),
    (FULL, 1012, "“service restart”"),
    (FULL, 5000, "not a code that may be sent"),
]

MISTAKES = [
    *(("07.1", predicts(end, *codes), diagnosis) for end, *codes, diagnosis in PREDICTIONS),
    *(("07.2", chooses(fault, code), diagnosis) for fault, code, diagnosis in CHOICES),
]
HINTS = [
    ("07.1", predicts(CLOSES, 0, 4000), "in place of 0"),
    ("07.1", predicts(CLOSES, "the same", 4000), "in place of 'the same'"),
    ("07.1", SOLUTIONS["07.1"] | {CUT: 1006}, "write two codes"),
    ("07.1", without(SOLUTIONS["07.1"], FROZEN), "put it back"),
    ("07.1", list(SOLUTIONS["07.1"].values()), "keep the dictionary"),
    ("07.2", chooses(BUG, None), "in place of None"),
    ("07.2", chooses(BUG, "internal error"), "in place of 'internal error'"),
    ("07.2", chooses(BUG, 1011.5), "in place of 1011.5"),
    ("07.2", without(SOLUTIONS["07.2"], FULL), "put it back"),
    ("07.2", list(SOLUTIONS["07.2"].values()), "keep the dictionary"),
]
RIGHT = [
    ("07.1", {end: list(codes) for end, codes in SOLUTIONS["07.1"].items()}),
    ("07.1", {end: tuple(map(str, codes)) for end, codes in SOLUTIONS["07.1"].items()}),
    ("07.1", predicts(TOO_BIG, CloseCode.ABNORMAL_CLOSURE, CloseCode.MESSAGE_TOO_BIG)),
    ("07.1", predicts(CLOSES, 4000.0, "4000") | {"a note of mine": "1006 is never sent"}),
    ("07.2", chooses(RESTART, CloseCode.GOING_AWAY)),
    ("07.2", chooses(EXPIRED, 1008)),
    ("07.2", chooses(EXPIRED, 3000)),
    ("07.2", chooses(EXPIRED, 3003)),
    ("07.2", chooses(EXPIRED, 4999)),
    ("07.2", {fault: str(code) for fault, code in SOLUTIONS["07.2"].items()}),
]
