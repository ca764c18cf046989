"""What was found, for a terminal and for a notebook."""

import html
import textwrap
from dataclasses import dataclass
from typing import Any

from wsdemo import draw
from wsdemo.frames import Frame
from wsdemo.judge.model import Verdict
from wsdemo.judge.talk import some_bytes
from wsdemo.text import visible

__all__ = ["Report", "explain"]

NARROW = 96
"""Characters of a line in a terminal."""


@dataclass(frozen=True)
class Report:
    """What came of the cases that were tried.

    Attributes:
        verdicts: one for each case, in their order.
        is_counted: whether to show how many cases passed; not where something else tells it.
    """

    verdicts: tuple[Verdict, ...]
    is_counted: bool = True

    @property
    def passed(self) -> bool:
        """Whether all cases passed."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def failures(self) -> list[Verdict]:
        """The verdicts of the cases that failed."""
        return [verdict for verdict in self.verdicts if not verdict.passed]

    @property
    def summary(self) -> str:
        """How many cases passed, in one line."""
        count, total = len(self.verdicts) - len(self.failures), len(self.verdicts)
        return f"{'✓' if self.passed else '✗'} {count} of {total} cases passed"

    def __str__(self) -> str:
        summary = [self.summary] if self.is_counted else []
        return "\n\n".join([*map(explain, self.failures), *summary])

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        summary = [f"<p>{html.escape(self.summary)}</p>"] if self.is_counted else []
        return "".join([*map(_as_html, self.failures), *summary])


def explain(verdict: Verdict) -> str:
    """Return all that is known about one case, as lines for a terminal.

    Args:
        verdict: of a case that failed or passed.
    """
    lines = [_title(verdict), f"    RFC 6455, section {verdict.section}"]
    if verdict.talk and str(verdict.talk):
        lines += ["", "  The conversation:", *_indented(str(verdict.talk))]
        for handshake in _handshakes(verdict):
            lines += ["", *_indented(handshake)]
    for name, frame in _frames(verdict):
        lines += ["", f"  {name}, {frame.size} bytes: {_hexadecimal(frame)}"]
        if frame.length == len(frame.payload):
            lines += _indented(draw.bits(frame).text)
    lines.append("")
    for name, value in _outcome(verdict):
        lines += _wrapped(f"{name:<8}", value)
    for note in verdict.notes:
        lines += ["", *_indented(note, 2)]
    return "\n".join(line.rstrip() for line in lines)


def _title(verdict: Verdict) -> str:
    return f"{'✓' if verdict.passed else '✗'} {verdict.number} {verdict.title}"


def _indented(text: str, spaces: int = 4) -> list[str]:
    return [" " * spaces + visible(line) for line in text.splitlines()]


def _outcome(verdict: Verdict) -> list[tuple[str, str]]:
    if verdict.failure is None:
        return []
    return [
        ("expected", visible(verdict.failure.expected)),
        ("received", visible(verdict.failure.received)),
        ("hint", verdict.hint),
    ]


def _wrapped(name: str, value: str) -> list[str]:
    """Return a value in lines that a terminal does not break inside a word."""
    return textwrap.wrap(
        value, NARROW, initial_indent=f"  {name}  ", subsequent_indent=" " * (len(name) + 4)
    )


def _handshakes(verdict: Verdict) -> list[str]:
    """Return the whole handshakes, where the case is about them."""
    about = verdict.section.startswith(("1.", "4.", "9."))
    return verdict.talk.handshakes if verdict.talk and about else []


def _frames(verdict: Verdict) -> list[tuple[str, Frame]]:
    """Return the frames to show bit by bit: the judge's last, and the one that was wrong."""
    found = []
    if verdict.talk and verdict.talk.last:
        found.append(("The judge's last frame", verdict.talk.last))
    if verdict.failure and verdict.failure.frame:
        found.append(("The frame that came", verdict.failure.frame))
    return found


def _hexadecimal(frame: Frame) -> str:
    whole = frame.length == len(frame.payload)
    return some_bytes(bytes(frame)) if whole else f"{frame.header.hex(' ')} …"


def _as_html(verdict: Verdict) -> str:
    parts = [f"<p><strong>{html.escape(_title(verdict))}</strong> "]
    parts.append(f"(RFC 6455, section {html.escape(verdict.section)})</p>")
    if verdict.talk and str(verdict.talk):
        parts.append(verdict.talk.picture._repr_mimebundle_()["text/html"])
        parts += [f"<pre>{html.escape(each)}</pre>" for each in _handshakes(verdict)]
    for name, frame in _frames(verdict):
        parts.append(f"<p>{html.escape(name)}: <code>{_hexadecimal(frame)}</code></p>")
        if frame.length == len(frame.payload):
            parts.append(draw.bits(frame)._repr_mimebundle_()["text/html"])
    for name, value in _outcome(verdict):
        parts.append(f"<p><strong>{name}</strong> {html.escape(value)}</p>")
    parts += [f"<pre>{html.escape(visible_lines(note))}</pre>" for note in verdict.notes]
    return f'<div role="status">{"".join(parts)}</div>'


def visible_lines(text: str) -> str:
    """Return a text of several lines, in which no character disturbs a page."""
    return "\n".join(map(visible, text.splitlines()))
