"""A profile function that is told of a few calls only, because Pyodide cannot bear a real one.

With :func:`sys.setprofile`, CPython rewrites the code of all functions that run. A stack that was
put aside meanwhile (see :mod:`wsdemo.tab.threads`) continues in code that has changed, and the tab
crashes. The course asks for one thing: whether a learner's code draws random numbers, or uses a
key. So these functions report themselves.
"""

import hmac
import os
import random
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

__all__ = ["install"]

Profile = Callable[[Any, str, Any], object]

_profile: Profile | None = None


def setprofile(function: Profile | None) -> None:
    """Set the profile function, or none, as :func:`sys.setprofile` does."""
    global _profile
    _profile = function


def _reporting(original: Callable[..., Any], event: str) -> Callable[..., Any]:
    """Return a function that does the same, and reports its call like the original."""

    def call(*arguments: Any, **options: Any) -> Any:
        if _profile is not None:
            _profile(SimpleNamespace(f_code=call.__code__), event, call)
        return original(*arguments, **options)

    return call


def install() -> None:
    """Put this in the place of Python's own."""
    module: Any = sys
    module.setprofile, module.getprofile = setprofile, lambda: _profile
    of_random: Any = random
    os.urandom = of_random._urandom = _reporting(os.urandom, "c_call")
    of_hmac: Any = hmac
    of_hmac.new, of_hmac.digest = _reporting(hmac.new, "call"), _reporting(hmac.digest, "call")
