"""Numbers that people choose, checked before they do harm."""

import math
from numbers import Real

__all__ = ["check_number"]


def check_number(
    name: str,
    value: float,
    unit: str = "",
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    whole: bool = False,
) -> None:
    """Refuse a number that makes no sense. None of them may be infinite, or "not a number".

    Args:
        name: what the option is called.
        value: what was given.
        unit: what it is measured in, for the message.
        least: the smallest that is allowed.
        above: what it has to be greater than.
        most: the greatest that is allowed.
        whole: whether it has to be a whole number.

    Raises:
        TypeError: it is no number.
        ValueError: it is one that makes no sense; the message says which do.
    """
    if not isinstance(value, Real):
        raise TypeError(f"{name} is a number, not {value!r}")
    high_enough = (least is None or value >= least) and (above is None or value > above)
    low_enough = most is None or value <= most
    fits_kind = _is_finite(value) and (not whole or value == int(value))
    if not (high_enough and low_enough and fits_kind):
        raise ValueError(f"{name} is {_allowed(unit, least, above, most, whole)}, not {value}")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that is too large for a float
        return False


def _allowed(
    unit: str, least: float | None, above: float | None, most: float | None, whole: bool
) -> str:
    unit = f" {unit}" if unit else ""
    if most is not None:
        bounds = f"from {least} to {most}{unit}"
    else:
        bounds = f"more than {above}{unit}" if least is None else f"{least}{unit} or more"
    return f"a {'whole' if whole else 'finite'} number, {bounds}"
