"""A call of a learner's plain function, with a verdict that names its input."""

from collections.abc import Callable
from typing import Any

from wsdemo.checks import Misconception
from wsdemo.checks._findings import Finding
from wsdemo.checks._mishaps import describe
from wsdemo.checks._trial import called

__all__ = ["attempt"]


def attempt(function: Callable[..., Any], *arguments: Any, shown: Any) -> Any:
    """Call a learner's plain function.

    Args:
        function: the learner's function.
        arguments: its arguments.
        shown: the arguments as a verdict shows them.

    Raises:
        Misconception: it is ``async def``, or raises an exception.
    """
    try:
        return called(function, *arguments)
    except Finding:
        raise
    except Exception as error:
        finding = Misconception("calling your function raised an exception", input=shown)
        finding.evidence += (("raised", describe(error)),)
        raise finding from None
