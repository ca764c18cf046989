"""An explained conversation: shown in a notebook or a terminal, and saved as a page."""

import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, overload

from wsdemo.wire.explain.page import page
from wsdemo.wire.explain.spans import Span, Unit
from wsdemo.wire.explain.table import hexadecimal, table, title_of, value_of
from wsdemo.wire.transcript import ARROWS

__all__ = ["Explanation"]

TITLE = "One WebSocket connection, every byte"

MARGIN = 28
"""Where the words begin in a terminal, right of the bytes."""

TEXT_BYTES = 8
"""Bytes of a span that a terminal shows."""


MOST = 100
"""Requests, responses and frames that a notebook or a terminal shows."""


class Explanation(Sequence[Unit]):
    """Each byte of a conversation, in exactly one span.

    It is a sequence of units: requests, responses, frames; a slice of it is an explanation, too. A
    notebook shows it as tables, a terminal as text.

    Args:
        units: what is explained.
        exact: show random keys and masks, ports, dates and versions too; without them the display
            is the same in every run. The units always have them, and so has a saved page.
        missing: how many later bytes were not kept.

    Attributes:
        units: the requests, responses and frames, in the order in which they were complete.
        missing: as above.
    """

    def __init__(self, units: Iterable[Unit], exact: bool = False, missing: int = 0) -> None:
        self.units = tuple(units)
        self.missing = missing
        self._exact = exact

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans, unit by unit."""
        return tuple(span for unit in self.units for span in unit.spans)

    def __len__(self) -> int:
        return len(self.units)

    @overload
    def __getitem__(self, place: int) -> Unit: ...
    @overload
    def __getitem__(self, place: slice) -> "Explanation": ...
    def __getitem__(self, place: int | slice) -> "Unit | Explanation":
        if isinstance(place, slice):
            return Explanation(self.units[place], self._exact)
        return self.units[place]

    def __repr__(self) -> str:
        """Each span in two lines: its bytes, name and value; what that means."""
        lines: list[str] = []
        several = len({unit.connection for unit in self.units}) > 1
        for unit in self.units[:MOST]:
            where = f", connection {unit.connection}" if several else ""
            lines.append(f"{ARROWS[unit.direction]}{where}  {title_of(unit, self._exact)}")
            if unit.problem:
                lines.append(f"  ✗ {unit.problem}")
            for span in unit.spans:
                lines += _span_lines(span, self._exact)
        return "\n".join([*lines, *self._left_out()]) or "no bytes have passed yet"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        tables = table(self.units[:MOST], self._exact, self._left_out())
        return {"text/plain": repr(self), "text/html": tables}

    def _left_out(self) -> list[str]:
        """Say what a notebook and a terminal do not show."""
        lines = []
        if (more := len(self.units) - MOST) > 0:
            lines.append(f"… {more:,} more: show a slice of them, such as [{MOST}:{2 * MOST}]")
        return [*lines, self._missing_bytes()] if self.missing else lines

    def html(self, title: str = TITLE) -> str:
        """Return a page with every byte: one file, which loads nothing.

        Args:
            title: its heading.
        """
        return page(self.units, title, self._missing_bytes() if self.missing else "")

    def save(self, path: "str | os.PathLike[str]", title: str = TITLE) -> None:
        """Save the page, which works from disk in any browser.

        Args:
            path: a file whose name ends with ``.html``; one that is there is replaced.
            title: its heading.

        Raises:
            ValueError: the name ends with something else.
            OSError: the file cannot be written.
        """
        file = pathlib.Path(path)
        if file.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"save() writes an HTML page: use save('talk.html'), not {file.name!r}"
            )
        file.write_bytes(self.html(title).encode())

    def _missing_bytes(self) -> str:
        return f"… {self.missing:,} later bytes were not kept, and are not explained"


def _span_lines(span: Span, exact: bool) -> list[str]:
    data = hexadecimal(span, TEXT_BYTES, exact)
    lines = [f"  {data:<{MARGIN - 2}}{span.name}: {value_of(span, exact)}"]
    if span.bits:
        lines.append(" " * MARGIN + ", ".join(map(str, span.bits)))
    lines.append(f"{' ' * MARGIN}{span.meaning} ({span.section})")
    return lines
