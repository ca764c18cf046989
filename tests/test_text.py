"""Text of strangers: what is shown is what was sent, and it disturbs nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsdemo.text import beginning, decode, is_plain, keeps_order, quote, visible

WOMAN = "\U0001f469\u200d\U0001f4bb"
SCOTLAND = "\U0001f3f4" + "".join(chr(0xE0000 + ord(each)) for each in "gbsct") + "\U000e007f"
FRANCE = "\U0001f1eb\U0001f1f7"
WAVE = "\U0001f44b\U0001f3fd"  # a waving hand, and the colour of its skin


@pytest.mark.parametrize(
    "text",
    [
        "grüß dich ☺",
        "a\u00a0b\u2003c\u3000d",
        WOMAN,
        SCOTLAND,
        "\U0001faff",
        "שלום",
        "नमस्ते",
        "می\u200cخواهم",
    ],
)
def test_what_can_be_seen_stays(text):
    assert visible(text) == text
    assert quote(text) == f"'{text}'"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\t\0", r"two\r\nlines\t\x00"),
        ("\x1b[31m \x7f \x9b31m \x85", r"\x1b[31m \x7f \x9b31m \x85"),
        ("\u202egnp.exe\u2069\u200f", r"\u202egnp.exe\u2069\u200f"),
        ("a\u2028b\u2029c\ufeff\u200b\u00ad", r"a\u2028b\u2029c\ufeff\u200b\xad"),
        ("\ud800\uffff", r"\ud800\uffff"),
        ("\U000e0041\U000e0042", r"\U000e0041\U000e0042"),  # letters that nobody sees
    ],
)
def test_what_would_disturb_is_escaped(text, shown):
    assert visible(text) == shown


def test_quotes_are_those_of_repr():
    for text in ("plain", "it's", 'say "hi"', 'it\'s "both"', "back\\slash", "\\n", ""):
        assert quote(text) == repr(text)


@given(st.text())
def test_a_quoted_text_can_be_read_back_and_disturbs_nothing(text):
    shown = quote(text)
    assert len(shown.splitlines()) == 1
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in shown)
    assert eval(shown) == text


@pytest.mark.parametrize("whole", [WOMAN, SCOTLAND, FRANCE, WAVE, "e\u0301", "\r\n", "각"])
def test_a_cut_is_between_characters(whole):
    whole = unicodedata.normalize("NFD", whole)
    for size in range(4, 4 + len(whole)):
        assert beginning("four" + whole, size) == "four"
    assert beginning("four" + whole, 4 + len(whole)) == "four" + whole


def test_flags_are_cut_in_pairs():
    assert beginning(FRANCE * 5, 7) == FRANCE * 3


def test_a_character_without_end_is_cut_somewhere():
    assert beginning("\u0301" * 100, 48) == "\u0301" * 48


@given(st.text(), st.integers(0, 20))
def test_a_beginning_is_one(text, size):
    assert text.startswith(beginning(text, size))
    assert len(beginning(text, size)) <= size


@pytest.mark.parametrize(
    ("data", "cuts", "parts"),
    [
        ("grün".encode(), (False, False), (b"", "grün", b"")),
        ("grü".encode()[:-1], (False, True), (b"", "gr", b"\xc3")),
        ("grü".encode()[:-1], (False, False), None),
        ("ün".encode()[1:], (True, False), (b"\xbc", "n", b"")),
        ("ün".encode()[1:], (False, False), None),
        ("☺".encode()[1:], (True, True), (b"\x98\xba", "", b"")),
        (b"\x80\x80\x80\x80", (True, True), None),
        (b"gr\xff", (True, True), None),
        (b"", (True, True), (b"", "", b"")),
    ],
)
def test_what_is_cut_is_decoded_as_far_as_it_goes(data, cuts, parts):
    assert decode(data, *cuts) == parts


@given(st.text(), st.data())
def test_a_part_of_utf_8_is_decoded_and_nothing_is_invented(text, draw):
    data = text.encode()
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, len(data)))
    head, middle, tail = decode(data[start:end], True, True)
    assert head + middle.encode() + tail == data[start:end]
    assert middle in text


def test_control_characters_tell_bytes_from_text():
    assert is_plain("a table:\n\t1\t2\r\n")
    assert not is_plain("\0")
    assert not is_plain("\x1b[31m")


def test_what_is_written_from_right_to_left_is_known():
    assert keeps_order("grüß dich " + WOMAN)
    assert not keeps_order("hello שלום")
    assert not keeps_order("سلام")
