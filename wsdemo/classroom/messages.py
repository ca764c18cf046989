"""What learners and the teacher may send, as JSON (RFC 8259), read strictly.

A learner's first message is ``join``; the teacher's is ``teach``. All that follows is a ``dict``
with a ``"type"`` and exactly the fields of that type.
"""

import re
from typing import Any

from wsdemo.apps._messages import Refused, read_json

__all__ = ["FROM_LEARNERS", "FROM_TEACHERS", "read"]

IDENTIFIER = re.compile("[0-9a-f]{32}")
NUMBER = re.compile(r"i\d{1,2}|\d\d\.p\d{1,2}")
EXERCISE = re.compile(r"\d\d\.\d{1,2}")
TEXT_LENGTH = 1000


def _matches(pattern: "re.Pattern[str]") -> Any:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LENGTH


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 2


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


Fields = dict[str, Any]

FROM_LEARNERS: dict[str, Fields] = {
    "join": {
        "code": _is_text,
        "learner": _matches(IDENTIFIER),
        "name": _is_text,
        "shows_name": _is_bool,
        "page": _is_bool,
    },
    "vote": {"question": _matches(NUMBER), "option": _is_text, "round": _is_count},
    "verdict": {"exercise": _matches(EXERCISE), "right": _is_bool, "diagnosis": _is_text},
    "help": {"wanted": _is_bool},
}
"""The types of a learner's messages, with a test for each field."""

FROM_TEACHERS: dict[str, Fields] = {
    "teach": {"key": _is_text},
    "open": {"question": _matches(NUMBER)},
    "inventory": {"which": _is_count},
    "reveal": {},
    "again": {},
    "answer": {},
    "close": {},
    "names": {"shown": _is_bool},
    "helped": {},
    "csv": {},
}
"""The types of the teacher's messages."""


def read(data: str | bytes, known: dict[str, Fields]) -> dict[str, Any]:
    """Read a message.

    Args:
        data: the message.
        known: :data:`FROM_LEARNERS` or :data:`FROM_TEACHERS`.

    Returns:
        The message, with the fields that its type has.

    Raises:
        Refused: it is something else; the text says what is wrong.
    """
    message = read_json(data, '{"type": "help", "wanted": true}')
    if not isinstance(message, dict):
        raise Refused("send an object")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise Refused(f'"type" must be one of {", ".join(known)}')
    fields = known[kind]
    if message.keys() != {"type", *fields}:
        raise Refused(f"{kind} has these fields: {', '.join(['type', *fields])}")
    for name, is_valid in fields.items():
        if not is_valid(message[name]):
            raise Refused(f"the field {name} of {kind} is not valid")
    return message
