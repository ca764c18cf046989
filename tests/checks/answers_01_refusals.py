"""Answers to exercise 01.3: mistakes, what is no answer yet, unusual right ones."""

from http import HTTPStatus

good = {"no key": 400, "foreign origin": 403, "no upgrade": 426}

MISTAKES = [
    ("01.3", dict.fromkeys(good, 400), "a request with a foreign Origin is well"),
    ("01.3", {**good, "no key": 401}, "401 asks for credentials. The key is not a"),
    ("01.3", {**good, "no key": 403}, "403 is for a request that is understood"),
    ("01.3", {**good, "no key": 426}, "without a key the request asks for an"),
    ("01.3", {**good, "foreign origin": 400}, "a request with a foreign Origin is well"),
    ("01.3", {**good, "foreign origin": 401}, "401 asks for credentials. A foreign Origin"),
    ("01.3", {**good, "no upgrade": 400}, "a request without Upgrade is not malformed."),
    ("01.3", {**good, "no upgrade": 101}, "101 is not a refusal: it is the answer to a"),
    ("01.3", {**good, "no key": 426, "no upgrade": 400}, "without a key the request asks for an"),
]

HINTS = [
    ("01.3", {**good, "no upgrade": 404}, "look at the table of refusals again for: no"),
    ("01.3", {"no key": 400}, "fill in a status for each of: no key,"),
    ("01.3", {**good, "no upgrade": None}, "fill in the number of an HTTP status, or"),
    ("01.3", [400, 403, 426], "fill in a status for each of: no key,"),
    ("01.3", {**good, "no key": "bad"}, "fill in the number of an HTTP status, or"),
    ("01.3", dict.fromkeys(good, 1006), "look at the table of refusals again for: no"),
    ("01.3", {**good, "no key": True}, "fill in the number of an HTTP status, or"),
    (
        "01.3",
        {"no key": "Malformed", "foreign origin": "Unauthorized", "no upgrade": "Upgrade Required"},
        "fill in the number of an HTTP status, or",
    ),
    ("01.3", {**good, "no key": (400, 426)}, "fill in the number of an HTTP status, or"),
]

RIGHT = [
    ("01.3", good),
    ("01.3", {k: str(v) for k, v in good.items()}),
    ("01.3", {k: HTTPStatus(v) for k, v in good.items()}),
    ("01.3", {k: f"{v} {HTTPStatus(v).phrase}" for k, v in good.items()}),
    ("01.3", {k: HTTPStatus(v).phrase for k, v in good.items()}),
    ("01.3", {k: float(v) for k, v in good.items()}),
    ("01.3", {**good, "other": 500}),
    (
        "01.3",
        {"no key": "bad request", "foreign origin": "forbidden", "no upgrade": "upgrade required"},
    ),
    (
        "01.3",
        {
            "no key": 400,
            "foreign origin": "403 Forbidden",
            "no upgrade": HTTPStatus.UPGRADE_REQUIRED,
        },
    ),
    (
        "01.3",
        {
            "no key": "http 400",
            "foreign origin": " 403",
            "no upgrade": "HTTP/1.1 426 Upgrade Required",
        },
    ),
]
