"""What is done to the connections of a wire, and noted in their recordings."""

from wsdemo.wire.link import DIRECTIONS, Link
from wsdemo.wire.relay import Relay

__all__ = ["directions_of", "freeze", "set_condition"]


def directions_of(direction: str | None) -> tuple[str, ...]:
    """Return the directions that are meant.

    Args:
        direction: one of them; ``None`` for both.

    Raises:
        ValueError: there is no such direction.
    """
    if direction is None:
        return DIRECTIONS
    if direction not in DIRECTIONS:
        raise ValueError(f"a direction is 'to server', 'to client' or None, not {direction!r}")
    return (direction,)


def set_condition(relay: Relay, what: str, direction: str | None, **condition: object) -> None:
    """Change a condition, and note it on the connections that are open.

    Args:
        relay: the relay.
        what: the remark.
        direction: which one changes; ``None`` for both.
        condition: see :class:`~wsdemo.wire.link.Condition`.
    """
    directions = directions_of(direction)
    for link in relay.open_links:
        link.observer.noted(what + (f" ({direction})" if direction else ""))
    relay.set(directions, **condition)


def freeze(relay: Relay, direction: str, _: Link) -> None:
    """Freeze a direction when a countdown has ended; see :meth:`Relay.act_after`."""
    set_condition(relay, "frozen", direction, frozen=True)
