"""An explanation as tables in a notebook: without scripts, so that an untrusted one shows them."""

import html
from collections.abc import Iterable

from wsdemo.wire.explain.spans import Span, Unit
from wsdemo.wire.transcript import ARROWS

__all__ = ["COLOURS", "hexadecimal", "link", "table", "title_of", "value_of"]

COLOURS = {
    "start": "138,111,209",
    "header": "138,111,209",
    "end": "138,138,138",
    "body": "60,160,120",
    "opcode": "208,135,0",
    "length": "217,83,79",
    "mask": "176,85,157",
    "data": "47,143,216",
    "control": "0,158,150",
    "close": "217,83,79",
    "unread": "138,138,138",
}
"""Red, green and blue of each kind, told apart on white and on black (after Okabe and Ito)."""

SHOWN = 32
"""Bytes of a span that a notebook shows."""

HEIGHT = 400
"""Pixels that an explanation takes in a notebook; a longer one scrolls."""

VARYING = "··"
"""Stands for a byte that differs from run to run."""

COLUMNS = ("bytes", "what it is", "what it means")
LEFT = "text-align:left;vertical-align:top;padding:0.25em 0.5em"
CODE = "font-family:ui-monospace,Menlo,Consolas,monospace"


def title_of(unit: Unit, exact: bool) -> str:
    """Return the title of a unit; unless ``exact``, one that is the same in every run."""
    return unit.title if exact else unit.steady or unit.title


def value_of(span: Span, exact: bool) -> str:
    """Return the value of a span; unless ``exact``, one that is the same in every run."""
    return span.value if exact else span.steady or span.value


def hexadecimal(span: Span, most: int, exact: bool) -> str:
    """Write the bytes of a span.

    Args:
        span: the span.
        most: bytes to write.
        exact: write those that differ from run to run, too; else ``··`` is in their places.
    """
    more = " …" if len(span.data) > most else ""
    if exact or not span.steady:
        return span.data[:most].hex(" ") + more
    if span.kind in ("start", "header", "body"):  # how many there are differs, too
        return " ".join([VARYING] * 4) + " …"
    return " ".join([VARYING] * min(len(span.data), most)) + more


def link(section: str) -> str:
    """Link a section, such as ``RFC 6455 §5.2``, to the RFC."""
    number, _, place = section.removeprefix("RFC ").partition(" §")
    address = f"https://www.rfc-editor.org/rfc/rfc{number}#section-{place}"
    return f'<a href="{address}">{section}</a>'


def table(units: Iterable[Unit], exact: bool, after: Iterable[str] = ()) -> str:
    """Write an explanation as one table for each unit.

    Args:
        units: what is explained.
        exact: show what differs from run to run, too.
        after: lines below the tables.
    """
    units = list(units)
    several = len({unit.connection for unit in units}) > 1
    parts = [_unit_table(unit, exact, several) for unit in units] or ["<p>no bytes yet</p>"]
    parts += [f"<p>{html.escape(line)}</p>" for line in after]
    # With a name and in the order of Tab, or the keyboard could not scroll it.
    box = 'role="region" aria-label="each byte" tabindex="0"'
    return f'<div {box} style="max-height:{HEIGHT}px;overflow:auto">{"".join(parts)}</div>'


def _unit_table(unit: Unit, exact: bool, several: bool) -> str:
    where = f", connection {unit.connection}" if several else ""
    title = html.escape(title_of(unit, exact))
    caption = f"{ARROWS[unit.direction]}{where} &nbsp; <b>{title}</b>"
    if unit.problem:
        caption += f"<br>✗ {html.escape(unit.problem)}"
    # In one size for all tables, so that the columns are below each other.
    widths = "".join(f'<col style="width:{width}%">' for width in (26, 30, 44))
    heads = "".join(f'<th scope="col" style="{LEFT}">{each}</th>' for each in COLUMNS)
    rows = "".join(_row(span, exact) for span in unit.spans)
    return (
        '<table style="table-layout:fixed;width:100%;max-width:64em;margin:0 0 1em">'
        f'<caption style="{LEFT};caption-side:top">{caption}</caption>'
        f"<colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(span: Span, exact: bool) -> str:
    colour = COLOURS[span.kind]
    data = hexadecimal(span, SHOWN, exact)
    edge = f"border-left:4px solid rgb({colour});background-color:rgba({colour},0.14)"
    bits = "".join(
        f"<br>{each.value:0{each.width}b} {each.name}: {html.escape(each.meaning)}"
        for each in span.bits
    )
    # What strangers have sent may be long and without a space.
    wrap = "overflow-wrap:anywhere"
    return (
        f'<tr><td style="{LEFT};{CODE};{edge}">{data}{bits}</td>'
        f'<td style="{LEFT};{wrap}"><b>{html.escape(span.name)}</b><br>'
        f'<span style="{CODE}">{html.escape(value_of(span, exact))}</span></td>'
        f'<td style="{LEFT}">{html.escape(span.meaning)}<br>{link(span.section)}</td></tr>'
    )
