"""What was missed is told exactly, and that something is missing, too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsdemo.bus.history import History, Missed


def history(*numbers, keep=1000, epoch="a"):
    made = History(keep)
    made.begin(epoch)
    for number in numbers:
        made.add(number, f"m{number}")
    return made


def test_what_came_after_a_message():
    kept = history(1, 2, 3)
    assert kept.since("a-1") == Missed([("a-2", "m2"), ("a-3", "m3")], gap=False)
    assert kept.since("a-3") == Missed([], gap=False)
    assert kept.since("a-0") == Missed([("a-1", "m1"), ("a-2", "m2"), ("a-3", "m3")], gap=False)


def test_what_is_no_longer_kept_is_a_gap():
    kept = history(*range(1, 8), keep=3)
    assert kept.since("a-4") == Missed([("a-5", "m5"), ("a-6", "m6"), ("a-7", "m7")], gap=False)
    assert kept.since("a-3").gap
    assert [name for name, _ in kept.since("a-3").messages] == ["a-5", "a-6", "a-7"]


def test_an_id_of_another_epoch_is_a_gap_and_not_nothing_new():
    kept = history(1, 2)
    assert kept.since("b-500") == Missed([("a-1", "m1"), ("a-2", "m2")], gap=True)


def test_a_client_that_has_heard_more_than_we_has_missed_nothing():
    assert history(1, 2).since("a-5") == Missed([], gap=False)


def test_a_stream_that_was_trimmed_before_we_came():
    kept = history(501, 502)
    assert not kept.since("a-500").gap
    assert kept.since("a-499").gap


def test_what_comes_twice_is_added_once():
    kept = history(1, 2)
    assert not kept.add(2, "again")
    assert kept.since("a-0").messages == [("a-1", "m1"), ("a-2", "m2")]


def test_a_hole_is_a_gap_for_those_before_it_alone():
    kept = history(1, 2, 5, 6)
    assert kept.since("a-2") == Missed([("a-5", "m5"), ("a-6", "m6")], gap=True)
    assert kept.since("a-4") == Missed([("a-5", "m5"), ("a-6", "m6")], gap=False)


def test_a_number_that_is_no_message_is_passed_over():
    kept = history(1, 2)
    kept.skip(3)
    kept.add(4, "m4")
    assert kept.since("a-2") == Missed([("a-4", "m4")], gap=False)
    assert kept.since("a-3") == Missed([("a-4", "m4")], gap=False)
    kept.skip(2)  # it is a message
    assert kept.since("a-1").messages == [("a-2", "m2"), ("a-4", "m4")]


def test_what_was_passed_over_before_the_oldest_is_no_gap():
    kept = history(keep=2)
    kept.add(1, "m1")
    kept.skip(2)
    for number in (3, 4):
        kept.add(number, f"m{number}")
    assert kept.since("a-1") == Missed([("a-3", "m3"), ("a-4", "m4")], gap=False)
    assert kept.since("a-0").gap


def test_what_is_lost_is_a_gap_though_nothing_follows():
    kept = history(1, 2)
    assert not kept.lose(2)
    assert kept.since("a-1") == Missed([("a-2", "m2")], gap=False)
    assert kept.lose(4)
    assert kept.since("a-2") == Missed([], gap=True)
    assert kept.since("a-4") == Missed([], gap=False)
    kept.add(5, "m5")
    assert kept.since("a-4") == Missed([("a-5", "m5")], gap=False)
    kept.skip(8)  # 6 and 7 are missing
    assert kept.since("a-5").gap
    assert not kept.since("a-7").gap


def test_another_epoch_begins_empty_and_the_same_goes_on():
    kept = history(1, 2)
    assert not kept.begin("a")
    assert kept.last == 2
    assert kept.begin("b")
    assert (kept.epoch, kept.last, kept.since("b-0")) == ("b", 0, Missed([], gap=False))


@pytest.mark.parametrize("wrong", ["", "a", "a-", "-1", "a-x", "a--", "a-1.5", "a-²", "1"])
def test_what_is_no_id(wrong):
    with pytest.raises(ValueError, match="not an id, EPOCH-NUMBER"):
        history(1).since(wrong)


@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 70))
def test_messages_and_gap_together_account_for_every_number(count, keep, seen):
    missed = history(*range(1, count + 1), keep=keep).since(f"a-{seen}")
    told = [int(name.partition("-")[2]) for name, _ in missed.messages]
    if missed.gap:
        assert told == list(range(count - keep + 1, count + 1))
        assert seen < count - keep
    else:
        assert told == list(range(seen + 1, count + 1))
