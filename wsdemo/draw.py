"""Pictures of frames and conversations: SVG that reads well in light, dark and untrusted pages.

Plots of data are matplotlib's, which is imported only when one is asked for.
"""

import base64
import contextlib
import html
import io
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from wsdemo.cell import ipython_shell, when_idle
from wsdemo.frames import Frame, FrameParser, Handshake
from wsdemo.text import beginning, visible
from wsdemo.wire.core import Wire, WireFrame

__all__ = ["Picture", "axes", "bits", "box", "hexdump", "sequence", "show"]

# Colours that are told apart on white and on black, also by the colour-blind (after Okabe and Ito).
HTTP, DATA, CONTROL, CLOSE, MASK = "#8a6fd1", "#2f8fd8", "#d08700", "#d9534f", "#b0559d"
QUIET = "#8a8a8a"
LABELS = "#797979"
"""The grey that is as easy to read on white as on JupyterLab's dark page."""

WIDTH = 70
"""Characters that fit between the edges of a picture."""

STYLE = """
:root { color-scheme: light dark; }
rect.page { fill: Canvas; }
text { fill: CanvasText; font: 14px system-ui, sans-serif; }
.code { font: 14px ui-monospace, Menlo, Consolas, monospace; }
.big { font: 600 17px ui-monospace, Menlo, Consolas, monospace; }
.small { font-size: 12px; opacity: .75; }
.head { font-weight: 600; }
"""


class Picture:
    """An SVG picture with its text alternative.

    Attributes:
        svg: the picture.
        text: what it shows, in words; also what a plain terminal shows.
    """

    def __init__(self, width: int, height: int, shapes: Iterable[str], text: str) -> None:
        self.text = text
        self.svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}"><style>{STYLE}</style>'
            f'<rect class="page" width="{width}" height="{height}" rx="8"/>{"".join(shapes)}</svg>'
        )

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        image = _image("svg+xml", self.svg.encode(), self.text)
        return {"text/plain": self.text, "text/html": image}


def _text(x: float, y: float, what: str, style: str = "", anchor: str = "middle") -> str:
    what = visible(what)  # XML has no place for controls and surrogates (XML 1.0 §2.2)
    what = what if len(what) <= WIDTH else beginning(what, WIDTH - 1) + "…"
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {place} class="{style}">{html.escape(what)}</text>'


def box(x: float, y: float, width: float, height: float, colour: str, text: str = "") -> str:
    """Make one shape of a :class:`Picture`: a box, and what is written in it.

    Args:
        x: its left edge, in pixels, as all that follows.
        y: its upper edge.
        width: how wide it is.
        height: how high.
        colour: that of its edge, and, paler, of its inside; see the constants above.
        text: up to 70 characters, in the middle.
    """
    shape = (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
        f'fill="{colour}" fill-opacity=".2" stroke="{colour}"/>'
    )
    return shape + _text(x + width / 2, y + height / 2 + 5, text) if text else shape


_importing = threading.Lock()


def _figure_class() -> Any:
    # One thread after the other: modules that import each other are not safe from two at once.
    with _importing:
        from matplotlib.figure import Figure
    return Figure


def _prepare() -> None:
    with contextlib.suppress(ImportError):  # which is for the cell that draws
        _figure_class()


# The import takes a second or two: a person reads meanwhile, and does not wait for the first plot.
when_idle(_prepare)


def axes(width: float = 7, height: float = 2) -> Any:
    """Make matplotlib axes that read well on a light page and on a dark one.

    Args:
        width: of the figure, in inches.
        height: of the figure, in inches.

    Returns:
        The :class:`matplotlib.axes.Axes`; :func:`show` shows them.
    """
    figure_class = _figure_class()
    import matplotlib

    words = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    grey: dict[Any, str] = dict.fromkeys(words, LABELS)
    # Transparent, so that the page's own colour is the background.
    clear = {"figure.facecolor": "none", "axes.facecolor": "none"}
    with matplotlib.rc_context(grey | clear):
        made = figure_class((width, height), layout="constrained").subplots()
    made.spines[["top", "right"]].set_visible(False)
    return made


def show(plot: Any, text: str) -> None:
    """Show a plot below the cell, with its text alternative; a plain terminal shows the text.

    Args:
        plot: the axes, or the bytes of a PNG file.
        text: what the plot shows, in words, for readers who cannot see it: its main finding.

    Raises:
        ValueError: the text is empty.
    """
    if not text.strip():
        raise ValueError("a plot needs a text that says what it shows")
    if not isinstance(plot, bytes):
        file = io.BytesIO()
        options: dict[str, Any] = {"dpi": 100, "bbox_inches": "tight"}
        plot.figure.savefig(file, format="png", metadata={"Description": text}, **options)
        plot = file.getvalue()
    if shell := ipython_shell():
        # Not as image/png: the frontends have no place for its text alternative.
        shell.display_pub.publish({"text/plain": text, "text/html": _image("png", plot, text)})
    else:
        print(text)


def _image(kind: str, data: bytes, text: str) -> str:
    # An <img> is what an untrusted notebook and a web page leave alone; an <svg> is not.
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    alt = html.escape(text).replace("\n", "&#10;")
    return f'<img style="max-width:100%" src="{source}" alt="{alt}">'


def sequence(
    what: Wire | Iterable[WireFrame | Handshake | str],
    left: str = "client",
    right: str = "server",
) -> Picture:
    """Draw who said what to whom, from top to bottom.

    Args:
        what: a wire (its first connection is drawn), or a list of what passed: frames of a wire,
            handshakes, and strings, which become remarks between the arrows.
        left: the name over the left lifeline.
        right: the name over the right one.

    Returns:
        The picture.
    """
    steps = list(_conversation(what) if isinstance(what, Wire) else what)
    width, x1, x2, y = 640, 90, 550, 74
    shapes, words = [], []
    for step in steps:
        if isinstance(step, str):
            shapes.append(_text((x1 + x2) / 2, y + 4, f"~  {step}  ~", "small"))
            words.append(f"~ {visible(step)} ~")
        else:
            label, colour, to_right = _label(step)
            start, tip = (x1, x2) if to_right else (x2, x1)
            back = -11 if to_right else 11
            shapes += [
                f'<line x1="{start}" y1="{y}" x2="{tip + back}" y2="{y}" stroke="{colour}" '
                'stroke-width="2"/>',
                f'<path d="M{tip} {y}l{back} -5v10z" fill="{colour}"/>',
                _text((x1 + x2) / 2, y - 7, label, "code"),
            ]
            words.append(f"{left if to_right else right} → {right if to_right else left}: {label}")
        y += 36
    ends = []
    for x, name in ((x1, left), (x2, right)):
        ends += [
            f'<line x1="{x}" y1="40" x2="{x}" y2="{y - 20}" stroke="{QUIET}" '
            'stroke-dasharray="2 5"/>',
            box(x - 70, 10, 140, 30, QUIET),
            _text(x, 30, name, "head"),
        ]
    return Picture(width, y - 8, [*ends, *shapes], "\n".join(words))


def _conversation(wire: Wire) -> list[WireFrame | Handshake | str]:
    handshakes = [each for each in wire.handshakes[0] if each] if wire.handshakes else []
    return [*handshakes, *(seen for seen in wire.frames if seen.connection == 1)]


def _label(step: WireFrame | Handshake) -> tuple[str, str, bool]:
    """The words and the colour of one arrow, and whether it points to the right."""
    if isinstance(step, Handshake):
        start = str(Handshake(step.start_line))
        start = start if step.status else start.removesuffix(" HTTP/1.1") + "  (upgrade)"
        return start.removeprefix("HTTP/1.1 "), HTTP, step.status is None
    frame = step.frame
    colour = CLOSE if frame.opcode == 8 else CONTROL if frame.is_control else DATA
    return str(step), colour, step.direction == "to server"


def bits(data: Frame | bytes) -> Picture:
    """Draw a frame bit by bit, as RFC 6455 §5.2 lays it out.

    Args:
        data: a frame, or the bytes of one.

    Returns:
        The sixteen bits that every frame begins with, then the rest byte by byte: the extended
        length, the mask, and up to a dozen bytes of the payload, unmasked below.

    Raises:
        ValueError: the bytes are not one whole frame.
    """
    wire = bytes(data)
    frame = data if isinstance(data, Frame) else _only_frame(wire)
    fields = [
        ("FIN", 1, DATA),
        ("RSV1", 1, QUIET),
        ("RSV2", 1, QUIET),
        ("RSV3", 1, QUIET),
        ("opcode", 4, CONTROL),
        ("MASK", 1, MASK),
        ("length", 7, CLOSE),
    ]
    unit, shapes, words, at = 42, [], [], 0
    number = int.from_bytes(wire[:2], "big")
    for name, size, colour in fields:
        value = number >> (16 - at - size) & (1 << size) - 1
        x = 12 + at * unit
        shapes.append(box(x, 30, size * unit - 4, 38, colour))
        for place, bit in enumerate(f"{value:0{size}b}"):
            shapes.append(_text(x + (place + 0.5) * unit - 2, 55, bit, "big"))
        meaning = {"opcode": frame.name, "length": str(value)}.get(name)
        label = f"{name} = {meaning}" if meaning else name
        shapes.append(_text(x + (size * unit - 4) / 2, 84, label, "small"))
        words.append(f"{name} {value:0{size}b}" + (f" ({meaning})" if meaning else ""))
        at += size
    shapes += [_text(12 + (place + 0.5) * unit - 2, 22, str(place), "small") for place in range(16)]
    more, text = _bytes_row(frame, wire, unit)
    height = 96 if not more else 166 if frame.close_code is None else 184
    return Picture(696, height, shapes + more, ", ".join(words) + text)


def _only_frame(data: bytes) -> Frame:
    frames = FrameParser().feed(data)
    if len(frames) != 1 or frames[0].size != len(data):
        raise ValueError(f"these {len(data)} bytes are not one whole frame")
    return frames[0]


def _bytes_row(frame: Frame, wire: bytes, unit: int) -> tuple[list[str], str]:
    """The bytes after the first two: what each is, and what the payload means."""
    payload_at = frame.size - frame.length
    mask_at = payload_at - (4 if frame.mask else 0)
    shapes, told = [], ""
    for place, byte in enumerate(wire[2 : 2 + 16]):
        index, x = place + 2, 12 + place * unit
        if index < mask_at:
            colour, below = CLOSE, "length"
        elif index < payload_at:
            colour, below = MASK, "mask"
        else:
            colour = DATA
            clear = frame.payload[index - payload_at]
            below = f"→ {chr(clear)}" if 32 <= clear < 127 else f"→ {clear:02x}"
        shapes += [
            box(x, 104, unit - 4, 34, colour),
            _text(x + unit / 2 - 2, 127, f"{byte:02x}", "code"),
            _text(x + unit / 2 - 2, 154, below, "small"),
        ]
    if frame.length_bits > 7:
        told += f"; extended length {frame.length} in {frame.length_bits // 8} bytes"
    told += f"; mask {frame.mask.hex(' ')}" if frame.mask else ""
    if frame.length:
        told += f"; payload {wire[payload_at:][:12].hex(' ')}{' …' if frame.length > 12 else ''}"
    if frame.close_code is not None:
        code, between = f"code {frame.close_code}", 10 + (payload_at - 1) * unit
        shapes.append(_text(between, 172, code, "small"))
        told += f" ({code})"
    return shapes, told


def hexdump(data: bytes, parts: Sequence[tuple[int, str]] = ()) -> Picture:
    """Draw bytes in rows of sixteen: offset, hexadecimal, ASCII.

    Args:
        data: the bytes.
        parts: what they are, as pairs of a length in bytes and a name; each part has a colour, and
            the names stand below.

    Returns:
        The picture; its text is a plain hex dump.

    Raises:
        ValueError: the parts are longer than the data.
    """
    if sum(size for size, _ in parts) > len(data):
        raise ValueError("the parts are longer than the data")
    colours = [HTTP, DATA, CONTROL, MASK, CLOSE]
    owner = [index for index, (size, _) in enumerate(parts) for _ in range(size)]
    shapes, lines, y = [], [], 12
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        ascii_row = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        for place, byte in enumerate(row):
            x = 70 + place * 28 + (8 if place >= 8 else 0)
            if start + place < len(owner):
                colour = colours[owner[start + place] % len(colours)]
                shapes.append(
                    f'<rect x="{x}" y="{y}" width="28" height="24" fill="{colour}" '
                    'fill-opacity=".25"/>'
                )
            shapes.append(_text(x + 14, y + 17, f"{byte:02x}", "code"))
        shapes.append(_text(58, y + 17, f"{start:04x}", "code small", "end"))
        shapes.append(
            f'<text x="544" y="{y + 17}" class="code" xml:space="preserve" textLength='
            f'"{8.4 * len(row):.1f}">{html.escape(ascii_row)}</text>'
        )
        lines.append(f"{start:04x}  {row.hex(' '):<47}  {ascii_row}")
        y += 26
    for index, (size, name) in enumerate(parts):
        shapes.append(box(70, y + 8, 16, 14, colours[index % len(colours)]))
        shapes.append(_text(94, y + 20, f"{name} ({size} bytes)", "small", "start"))
        lines.append(f"      {name}: {size} bytes")
        y += 22
    return Picture(696, y + 12, shapes, "\n".join(lines))
