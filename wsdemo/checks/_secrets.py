"""Watch how a learner's code compares secrets, and what it makes them from."""

import contextlib
import hmac
import os
import ssl
import sys
from types import FrameType, TracebackType
from typing import Any

from websockets.http11 import Request

__all__ = ["Comparisons", "draws_randomness", "watch_header"]


class Comparisons:
    """The operators that have compared a secret from outside with the known one.

    Args:
        secret: the known secret.

    Attributes:
        seen: the operators, such as ``==``; empty if none has.
    """

    def __init__(self, secret: str) -> None:
        self.seen = ""
        self._secret = secret

    def note(self, operator: str, other: object) -> None:
        """Note a comparison, if it was with the secret.

        An ``==`` that the learner wrote compares every token. The lookup in a dictionary compares
        only tokens of the same hash, so its time reveals nothing: a wrong token is never compared.
        """
        text = other.decode("latin-1") if isinstance(other, bytes) else other
        if isinstance(text, str) and self._secret in text:
            self.seen = operator


class _Compared:
    """The common part of text and bytes from outside: both note what they are compared with."""

    comparisons: Comparisons

    def __eq__(self, other: object) -> bool:
        equal = super().__eq__(other)
        if not equal:
            self.comparisons.note("==", other)
        return equal

    def __ne__(self, other: object) -> bool:
        differs = super().__ne__(other)
        if differs:
            self.comparisons.note("!=", other)
        return differs

    def __hash__(self) -> int:
        return super().__hash__()


class _Text(_Compared, str):
    """Text whose parts are such text, too."""

    def _of(self, part: Any) -> Any:
        if isinstance(part, str):
            text = _Text(part)
            text.comparisons = self.comparisons
            return text
        if isinstance(part, tuple | list):
            return type(part)(self._of(each) for each in part)
        raw = _Bytes(part)
        raw.comparisons = self.comparisons
        return raw


class _Bytes(_Compared, bytes):
    """The encoded form of such text."""


def _passing(name: str) -> Any:
    method = getattr(str, name)

    def pass_on(self: _Text, *arguments: Any, **options: Any) -> Any:
        return self._of(method(self, *arguments, **options))

    return pass_on


PARTS = ["__getitem__", "encode", "lstrip", "partition", "removeprefix", "removesuffix"]
PARTS += ["replace", "rpartition", "rsplit", "rstrip", "split", "strip"]
for _name in PARTS:
    setattr(_Text, _name, _passing(_name))


def watch_header(request: Request, comparisons: Comparisons) -> None:
    """Note what the value of a request's header Authorization is compared with."""
    value = request.headers.get("Authorization")
    if value is not None:
        text = _Text(value)
        text.comparisons = comparisons
        del request.headers["Authorization"]
        request.headers["Authorization"] = text


class draws_randomness(contextlib.AbstractContextManager["draws_randomness"]):
    """Notice whether the code in a block draws random numbers that nobody can guess.

    The block can be entered several times.

    Attributes:
        seen: whether it has read the operating system's random numbers, or used a key.
    """

    SOURCES = (os.urandom, getattr(os, "getrandom", os.urandom), ssl.RAND_bytes)
    KEYED = (hmac.new.__code__, hmac.digest.__code__)

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> "draws_randomness":
        self._before = sys.getprofile()
        sys.setprofile(self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and argument in self.SOURCES:
            self.seen = True
        if event == "call" and frame.f_code in self.KEYED:
            self.seen = True
