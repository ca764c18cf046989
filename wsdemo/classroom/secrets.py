"""The code that lets learners in, the key that lets the teacher in, and a brake for guessing."""

import hmac
import secrets
import time
from collections import Counter
from collections.abc import Callable

__all__ = ["Door", "new_code", "new_key"]

# Without 0 and O, 1 and I and L, U and V: people read the code from a projector.
LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 8
MOST_WRONG = 20
"""Wrong codes in a minute from one address; then it is not listened to until the minute is over."""


def new_code() -> str:
    """Make a code of eight characters, such as ``"K7QM-3FWD"``.

    There are 29⁸, 5 × 10¹¹, of them. At :data:`MOST_WRONG` a minute, 250 addresses that guess for
    a day find it with a chance of one in 69,000.
    """
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return f"{code[:4]}-{code[4:]}"


def new_key() -> str:
    """Make the teacher's key: 128 bits that nobody types and nobody guesses."""
    return secrets.token_urlsafe(16)


class Door:
    """Compares what somebody brings with what is right, and slows guessing down.

    Args:
        code: the learners' code.
        key: the teacher's key.
        clock: seconds that only grow.
    """

    def __init__(self, code: str, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._code, self._key, self._clock = code, key, clock
        self._minute, self._wrong = 0, Counter[str]()

    def lets_learner_in(self, code: str, address: str) -> bool:
        """Whether a code is right; small letters, spaces and the hyphen do not matter.

        Args:
            code: the code.
            address: the IP address that it came from.
        """
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._wrong = minute, Counter()
        if self._wrong[address] >= MOST_WRONG:
            return False
        right = _same(_bare(code), _bare(self._code))
        self._wrong[address] += not right
        return right

    def lets_teacher_in(self, key: str) -> bool:
        """Whether a key is right."""
        return _same(key, self._key)


def _same(brought: str, right: str) -> bool:
    # The time that this takes tells nothing about how much of it is right.
    return hmac.compare_digest(brought.encode(errors="replace"), right.encode())


def _bare(code: str) -> str:
    return "".join(each for each in code.upper() if each.isalnum())
