"""Names that strangers choose: find invisible characters, and names that look the same."""

import itertools
import unicodedata

__all__ = ["alike", "problem"]

# Controls, private characters, halves of surrogate pairs, and the ends of lines and paragraphs.
REFUSED = {"Cc", "Co", "Cs", "Zl", "Zp"}
# Marks that change the direction of writing (Unicode TR36 §2.10).
TURNING = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Characters that are invisible by themselves: joiners, selectors, fillers, tags (the property
# Default_Ignorable_Code_Point in DerivedCoreProperties.txt). It includes code points of future
# characters, which will be invisible, too.
INVISIBLE = frozenset(
    itertools.chain.from_iterable(
        range(first, last + 1)
        for first, last in (
            (0xAD, 0xAD),
            (0x34F, 0x34F),
            (0x61C, 0x61C),
            (0x115F, 0x1160),
            (0x17B4, 0x17B5),
            (0x180B, 0x180F),
            (0x200B, 0x200F),
            (0x202A, 0x202E),
            (0x2060, 0x206F),
            (0x3164, 0x3164),
            (0xFE00, 0xFE0F),
            (0xFEFF, 0xFEFF),
            (0xFFA0, 0xFFA0),
            (0xFFF0, 0xFFF8),
            (0x1BCA0, 0x1BCA3),
            (0x1D173, 0x1D17A),
            (0xE0000, 0xE0FFF),
        )
    )
)


def alike(name: str) -> str:
    """Return a text that is equal for names that look the same, as Unicode defines it (UAX 15).

    Args:
        name: the name.

    Returns:
        A text to compare, empty if nothing of the name can be seen.
    """
    seen = "".join(each for each in name if ord(each) not in INVISIBLE)
    return unicodedata.normalize("NFKC", seen).casefold().strip()


def problem(name: str) -> str | None:
    """Return what is wrong with a name; ``None`` if nothing is.

    Emoji that are newer than this Python's Unicode are allowed, although this Python does not know
    these characters.

    Args:
        name: the name.
    """
    if any(_is_refused(each) for each in name) or not alike(name):
        return "a name must not contain invisible characters"
    return None


def _is_refused(character: str) -> bool:
    category, code = unicodedata.category(character), ord(character)
    if category == "Cn":  # not assigned, as far as this Python knows
        return code in INVISIBLE or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return category in REFUSED or character in TURNING
