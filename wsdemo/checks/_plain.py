"""Values that a verdict shows without quotes."""

__all__ = ["Plain", "after", "is_at_once"]

AT_ONCE = 0.09
"""Seconds; a shorter time is shown without a number, which would differ from run to run."""


class Plain(str):
    """A description of what was observed; the text of a message is shown with quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def is_at_once(seconds: float, stalled: float = 0) -> bool:
    """Return whether something took no time of its own.

    Args:
        seconds: how long it took.
        stalled: for how much of this time the event loop did not run.
    """
    return seconds < AT_ONCE or seconds - stalled < AT_ONCE / 3


def after(seconds: float, stalled: float = 0) -> str:
    """Return when something happened, such as ``"after 0.52 s"``; see :func:`is_at_once`."""
    return "at once" if is_at_once(seconds, stalled) else f"after {seconds:.2f} s"
