"""The index of errors, as the tests read it; the head of the index describes its form."""

import re

from tests.lessons.kit import ROOT

INDEX = (ROOT / "notebooks/errors.md").read_text(encoding="utf-8")
HEADING = re.compile(r"### `(?P<message>[^`]+)`")
PLACE = re.compile(
    r"Shown in lesson \[(?P<number>\d\d)\]\((?P<lesson>\w+)\.ipynb\), "
    r"(?P<kind>cell|panel) `(?P<name>[^`]+)`\.|"
    r"Produced by the test `(?P<file>tests/[^`:]+)::(?P<test>\w+)`\."
)


def entries(text):
    """Read an index.

    Returns:
        For each message: itself, the paragraph below it, and the places that show it, as pairs of
        a lesson and a cell, a lesson and a panel (``panel-…``), or a file and a test.
    """
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    found = []
    for part in re.split(r"^(?=### )", text, flags=re.MULTILINE)[1:]:
        heading, *paragraphs = [each.strip() for each in part.partition("\n## ")[0].split("\n\n")]
        paragraphs = [each for each in paragraphs if each]
        match = HEADING.fullmatch(heading)
        assert match, f"not a message in backquotes: {heading}"
        assert len(paragraphs) == 2, f"not two paragraphs below {heading}"
        assert not PLACE.sub("", paragraphs[1]).strip(), f"not a place: {paragraphs[1]}"
        found.append(
            (match["message"], paragraphs[0], [*map(place, PLACE.finditer(paragraphs[1]))])
        )
    return found


def place(match):
    if match["test"]:
        return match["file"], match["test"]
    assert match["lesson"].startswith(match["number"]), match[0]
    return match["lesson"], ("panel-" if match["kind"] == "panel" else "") + match["name"]


def pattern(message):
    """Make a regular expression of a message, in which … stands for anything."""
    return ".*".join(map(re.escape, re.split(r"\s*…\s*", message)))


MESSAGES = [message for message, _, _ in entries(INDEX)]


def explained(message):
    """Find the headings that are in a text, as a console or a terminal shows it."""
    return [each for each in MESSAGES if re.search(pattern(each), message)]
