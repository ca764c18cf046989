"""Names that strangers give themselves in the chat."""

import unicodedata

import pytest

from wsdemo.apps.names import INVISIBLE, alike, problem

SEEN = {
    "plain": "Ana",
    "umlaut": "Jürgen",
    "right to left": "مريم",
    "joined emoji": "👩‍🚀",
    "a flag of tags": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Unicode 15, 2022": "Ana 🩷",
    "Unicode 16, 2024": "🫩",
    "a character that may come one day": "Ana \U0001faff",
    "a script that may come one day": "\U0001e0ff",
}


@pytest.mark.parametrize("name", SEEN.values(), ids=SEEN)
def test_what_can_be_seen_is_a_name(name):
    assert problem(name) is None


def test_one_of_them_is_not_assigned_whatever_the_version_of_python():
    assert unicodedata.category(SEEN["a script that may come one day"][-1]) == "Cn"


UNSEEN = {
    "NUL": "a\0",
    "line end": "a\n",
    "line separator": "a\u2028",
    "private use": "a\ue000",
    "half a surrogate pair": "a\ud83d",
    "turned": "\u202eana",
    "no character, U+FFFF": "a\uffff",
    "no character, U+1FFFE": "a\U0001fffe",
    "no character, U+FDD0": "a\ufdd0",
    "not assigned, and never to be seen": "a\U000e0fff",
    "not assigned, and never to be seen, U+FFF0": "a\ufff0",
    "zero-width spaces alone": "\u200b\u200b",
    "a filler alone": "\u3164",
    "joiners alone": "\u200d",
    "tags alone": "\U000e0061",
}


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_not(name):
    assert problem(name) == "a name must not contain invisible characters"


@pytest.mark.parametrize(
    "like", ["ANA", " ana", "ａｎａ", "a\u200bna", "ana\ufe0f", "an\u00ada", "ana\u2060"]
)
def test_names_that_look_the_same_are_alike(like):
    assert alike(like) == alike("ana")


@pytest.mark.parametrize("other", ["anna", "áná", "ana 🩷", "an a"])
def test_names_that_look_different_are_not(other):
    assert alike(other) != alike("ana")


def test_what_this_python_calls_a_format_character_is_invisible_or_shown():
    """The table agrees with Unicode: no assigned character in it is one that people read."""
    assert {unicodedata.category(chr(each)) for each in INVISIBLE} <= {"Cf", "Cn", "Mn", "Lo"}
