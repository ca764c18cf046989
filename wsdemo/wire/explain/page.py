"""An explanation as one HTML file, which works from disk and loads nothing."""

import base64
import collections
import hashlib
import html
import importlib.resources
from collections.abc import Iterator, Sequence

from wsdemo.text import visible
from wsdemo.wire.explain.spans import KINDS, Bits, Span, Unit
from wsdemo.wire.explain.table import link

__all__ = ["MOST", "page"]

MOST = 300_000
"""Bytes of a page at most; units that do not fit are counted."""

SHOWN = 256
"""Bytes of a span that the page shows; their number is in its title."""


def page(units: Sequence[Unit], title: str, after: str = "") -> str:
    """Write a page that shows each byte, and what it means beside it.

    Args:
        units: what is explained.
        title: its heading.
        after: a line at the end.
    """
    style, script = _read("explain.css"), _read("explain.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    room = MOST - len((style + script).encode()) - 8_000
    several = len({unit.connection for unit in units}) > 1
    sections, entries = [], []
    for number, unit in enumerate(units, 1):
        section, entry = _section(unit, number, several), _entry(unit, number)
        room -= len((section + entry).encode())
        if room < 0:
            left = f"… {len(units) - number + 1} more requests, responses and frames are left out"
            after = f"{left}: explain a slice of the conversation to see them. {after}"
            break
        sections.append(section)
        entries.append(entry)
    if not units:
        after = "No bytes have passed yet."
    heading = html.escape(visible(title))
    # Nothing in the recording may act here: only this one script runs, and nothing is loaded.
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src 'sha256-{digest}'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{heading}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{heading}</h1>\n<p>{_summary(units)}</p>\n{_legend(units)}\n{HELP}"
        "</header>\n"
        f'<nav aria-label="The conversation">\n{ENDS}<ol>\n{"".join(entries)}</ol>\n</nav>\n'
        f"<main>\n{''.join(sections)}"
        + (f"<p>{html.escape(after)}</p>\n" if after else "")
        + f"</main>\n{INSPECTOR}<script>{script}</script>\n</body>\n</html>\n"
    )


HELP = (
    '<p class="help"><b>Point</b> at a byte to look into it. With the keyboard: <kbd>Tab</kbd> to '
    "the bytes, <kbd>↓</kbd> <kbd>↑</kbd> the next field, <kbd>→</kbd> <kbd>←</kbd> the next "
    "byte, <kbd>PgDn</kbd> <kbd>PgUp</kbd> the next frame, <kbd>Home</kbd> <kbd>End</kbd> the "
    "first and the last.</p>\n"
)

ENDS = '<p class="ends" aria-hidden="true"><span>client</span><span>server</span></p>\n'

INSPECTOR = (
    '<aside id="inspector" aria-label="The byte that you look at" hidden></aside>\n'
    '<p id="live" class="unseen" aria-live="polite"></p>\n'
)


def _read(name: str) -> str:
    folder = importlib.resources.files("wsdemo.wire.explain") / "web"
    return folder.joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _summary(units: Sequence[Unit]) -> str:
    size = sum(len(unit.data) for unit in units)
    spans = sum(len(unit.spans) for unit in units)
    sent = collections.Counter[str]()
    for unit in units:
        sent[unit.sender] += len(unit.data)
    return (
        f"{size:,} bytes in {spans:,} fields: the client sent {sent['client']:,}, the server "
        f"{sent['server']:,}. Each byte is here once, with what it means and the section of the "
        "RFC that says so."
    )


def _legend(units: Sequence[Unit]) -> str:
    there = {span.kind for unit in units for span in unit.spans}
    items = "".join(
        f'<li class="{kind}">{words}</li>' for kind, words in KINDS.items() if kind in there
    )
    return f'<ul class="legend" aria-label="Colours">{items}</ul>' if items else ""


def _entry(unit: Unit, number: int) -> str:
    """One arrow of the conversation, which leads to its bytes."""
    title = html.escape(unit.title)
    kind = "broken" if unit.problem else _kind(unit)
    unseen = f'<span class="unseen">the {unit.sender} sends: </span>'
    return (
        f'<li class="{unit.direction.replace(" ", "-")} {kind}">'
        f'<a href="#u{number}">{unseen}{title}</a></li>\n'
    )


def _kind(unit: Unit) -> str:
    """The kind of what it carries; a frame begins with its opcode."""
    if unit.spans[0].kind != "opcode":
        return "header" if unit.spans[0].kind == "start" else "unread"
    opcode = unit.data[0] & 15
    return "close" if opcode == 8 else "control" if opcode > 8 else "data"


def _section(unit: Unit, number: int, several: bool) -> str:
    where = f", connection {unit.connection}" if several else ""
    place = _place(unit.offset, len(unit.data))
    receiver = "server" if unit.sender == "client" else "client"
    problem = f'<p class="problem">✗ {html.escape(unit.problem)}</p>\n' if unit.problem else ""
    at, rows = 0, []
    for index, span in enumerate(unit.spans):
        rows.append(_row(span, f"u{number}-{index}", unit.offset + at))
        at += len(span.data)
    return (
        f'<section class="{unit.direction.replace(" ", "-")}" aria-labelledby="u{number}">\n'
        f'<h2 id="u{number}"><span class="who">{unit.sender} → {receiver}{where}</span> '
        f'<span class="what">{html.escape(unit.title)}</span> '
        f'<span class="place">{place} from the {unit.sender}</span></h2>\n{problem}'
        f'<ol class="spans">\n{"".join(rows)}</ol>\n</section>\n'
    )


def _place(offset: int, size: int) -> str:
    return f"bytes {offset} to {offset + size - 1}" if size > 1 else f"byte {offset}"


def _row(span: Span, name: str, offset: int) -> str:
    size = len(span.data)
    label = html.escape(f"{_place(offset, size)}: {span.name}, {span.value}")
    more = f"<small>… {size - SHOWN:,} more bytes</small>" if size > SHOWN else ""
    clear = f' data-clear="{span.clear[:SHOWN].hex()}"' if span.clear is not None else ""
    # Below numbers, and below what deflate made, characters would mean nothing.
    is_number = span.kind in ("opcode", "length", "mask") or span.name == "close code"
    is_number |= span.section.startswith("RFC 7692")
    return (
        f'<li class="{span.kind}"><div><div role="group" class="bytes'
        f'{"" if is_number else " text"}" data-at="{offset}"{clear} aria-label="{label}" '
        f'aria-describedby="{name}">{span.data[:SHOWN].hex(" ")}{more}</div>'
        f'{"".join(_bits(span.bits))}</div><div class="about"><b>{html.escape(span.name)}</b> '
        f'<code>{html.escape(span.value)}</code><p id="{name}">{html.escape(span.meaning)} '
        f"{link(span.section)}</p></div></li>\n"
    )


def _bits(bits: Sequence[Bits]) -> Iterator[str]:
    if not bits:
        return
    yield '<ul class="bits">'
    for each in bits:
        yield (
            f'<li style="--width:{each.width}"><b>{each.value:0{each.width}b}</b> {each.name} '
            f"<small>{html.escape(each.meaning)}</small></li>"
        )
    yield "</ul>"
