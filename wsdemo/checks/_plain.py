"""Values that a verdict shows without quotes."""

__all__ = ["AT_ONCE", "Plain", "after"]

AT_ONCE = 0.09
"""Seconds; a shorter time is shown without a number, which would differ from run to run."""


class Plain(str):
    """A description of what was observed; the text of a message is shown with quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def after(seconds: float) -> str:
    """Return when something happened, such as ``"after 0.52 s"``."""
    return "at once" if seconds < AT_ONCE else f"after {seconds:.2f} s"
