"""The state of a class: votes, learners, what the board and the learners see."""

import json

import pytest

from wsdemo.classroom.roster import MOST_LEARNERS, Full
from wsdemo.classroom.state import Classroom
from wsdemo.classroom.votes import Closed

ANA, BOB, EVE = "a" * 32, "b" * 32, "e" * 32


@pytest.fixture
def room():
    room = Classroom()
    for identifier, name in ((ANA, "Ana"), (BOB, "Bob"), (EVE, "Eve")):
        room.roster.join(identifier, name, shows_name=name != "Eve")
    return room


def test_nobody_sees_a_result_before_it_is_revealed(room):
    room.open("03.p1")
    room.choose(ANA, "03.p1", "c", 1)
    room.choose(BOB, "03.p1", "b", 1)
    vote = room.for_board()["vote"]
    assert vote["chosen"] == 2
    assert vote["results"] == [None]
    assert "right" not in vote
    mine = room.for_learner(ANA)["vote"]
    assert (mine["chosen"], mine["results"]) == ("c", [None])
    with pytest.raises(Closed, match="show the result"):
        room.vote().answer()
    room.vote().reveal()
    assert room.for_board()["vote"]["results"] == [{"a": 0, "b": 1, "c": 1}]
    assert "right" not in {**room.for_board()["vote"], **room.for_learner(ANA)["vote"]}
    room.vote().answer()
    assert room.for_board()["vote"]["right"] == room.for_learner(EVE)["vote"]["right"] == "c"
    with pytest.raises(Closed, match="knows the answer"):
        room.vote().again()


def test_a_later_choice_replaces_the_first(room):
    room.open("03.p1")
    for letter in "aab":
        room.choose(ANA, "03.p1", letter, 1)
    room.vote().reveal()
    assert room.vote().result() == [{"a": 0, "b": 1, "c": 0}]


def test_a_question_is_asked_again_after_the_discussion(room):
    room.open("03.p1")
    room.choose(ANA, "03.p1", "a", 1)
    with pytest.raises(Closed, match="show the result of this round first"):
        room.vote().again()
    room.vote().reveal()
    room.vote().again()
    room.choose(ANA, "03.p1", "c", 2)
    assert room.for_board()["vote"]["results"] == [{"a": 1, "b": 0, "c": 0}, None]
    with pytest.raises(Closed, match="round is over"):
        room.choose(BOB, "03.p1", "b", 1)
    room.vote().reveal()
    with pytest.raises(Closed, match="twice"):
        room.vote().again()


def test_a_choice_that_comes_late_is_taken_until_it_is_revealed(room):
    """The learner's connection was lost, and meanwhile another question was opened."""
    room.open("03.p1")
    room.open("03.p2")
    room.choose(ANA, "03.p1", "c", 1)
    assert room.votes["03.p1"].rounds[0].choices == {ANA: "c"}


@pytest.mark.parametrize(
    ("number", "letter", "round"),
    [("03.p1", "z", 1), ("03.p1", "", 1), ("03.p1", "a", 0), ("03.p1", "a", 2), ("03.p2", "a", 1)],
)
def test_choices_that_are_not_asked_for(room, number, letter, round):
    room.open("03.p1")
    with pytest.raises(Closed):
        room.choose(ANA, number, letter, round)


def test_there_must_be_such_a_question(room):
    with pytest.raises(Closed, match="there is no question 99"):
        room.open("99.p1")
    with pytest.raises(Closed, match="no question is open"):
        room.vote()


def test_the_inventory_before_and_after(room):
    room.ask_inventory(1)
    room.choose(ANA, "i1", "a", 1)
    room.choose(BOB, "i1", "b", 1)
    room.ask_inventory(2)
    room.choose(ANA, "i1", "b", 2)
    first = room.for_board()["inventory"]["results"][0]
    assert (first["right"], first["of"]) == ([1, 1], [2, 1])
    shown = room.for_learner(ANA)
    assert len(shown["questions"]) == 20
    assert shown["questions"][0]["chosen"] == "b"
    room.ask_inventory(0)
    assert room.for_learner(ANA)["inventory"] == 0
    with pytest.raises(Closed):
        room.ask_inventory(3)


def test_the_board_counts_who_is_where(room):
    room.roster.note(ANA, "03.1", True, "")
    room.roster.note(BOB, "03.1", False, "the set changed")
    room.roster.note(EVE, "04.1", False, "pings, and never checks")
    board = room.for_board()
    assert board["places"] == {"03": 2, "04": 1}
    assert board["solved"] == {"03.1": 1}
    room.roster.leave(EVE)
    assert room.for_board()["places"] == {"03": 2}
    assert (room.for_board()["joined"], room.for_board()["here"]) == (3, 2)


def test_a_diagnosis_is_shown_when_several_learners_have_it(room):
    for _ in range(3):
        room.roster.note(EVE, "03.1", False, "Bob is stupid")
    assert room.for_board()["diagnoses"] == []
    for each in (ANA, BOB):
        room.roster.note(each, "03.1", False, "the set changed")
    assert room.for_board()["diagnoses"] == [
        {"exercise": "03.1", "text": "the set changed", "count": 2}
    ]


def test_who_has_only_a_notebook_is_not_waited_for(room):
    room.roster.join("d" * 32, "Dora", shows_name=False, on_page=False)
    room.roster.join(ANA, "Ana", shows_name=False, on_page=False)  # her notebook, beside her page
    room.open("03.p1")
    room.choose(ANA, "03.p1", "a", 1)
    vote = room.for_board()["vote"]
    assert (vote["chosen"], vote["voters"]) == (1, 3)
    assert room.for_board()["here"] == 4
    room.roster.leave(ANA, on_page=False)
    assert room.for_board()["vote"]["voters"] == 3


def test_names_are_shown_only_where_both_have_chosen_so(room):
    for each in (ANA, EVE):
        room.roster.learners[each].wants_help = True
    assert room.for_board()["help"] == {"count": 2, "names": []}
    room.shows_names = True
    assert room.for_board()["help"] == {"count": 2, "names": ["Ana"]}
    assert "Ana" not in room.as_csv()


def test_the_csv_names_counts_and_nobody(room):
    room.open("03.p1")
    room.choose(ANA, "03.p1", "c", 1)
    room.roster.note(ANA, "03.1", True, "")
    for each in (ANA, BOB):
        room.roster.note(each, "03.2", False, "=HYPERLINK(1)")
    lines = room.as_csv().splitlines()
    assert lines[0] == "kind,number,round,answer,right,count"
    assert "vote,03.p1,1,c,True,1" in lines
    assert "exercise,03.1,,solved,True,1" in lines
    assert "exercise,03.2,,diagnosis: =HYPERLINK(1),False,2" in lines


@pytest.mark.parametrize("name", ["", "   ", "x" * 31, "An\u202ea"])
def test_nicknames_that_are_none(room, name):
    with pytest.raises(ValueError, match="name"):
        room.roster.join("f" * 32, name, shows_name=True)


def test_a_class_has_an_end():
    room = Classroom()
    for number in range(MOST_LEARNERS):
        room.roster.join(f"{number:032x}", f"n{number}", shows_name=False)
    with pytest.raises(Full, match="500"):
        room.roster.join("f" * 32, "one more", shows_name=False)
    room.roster.join(f"{7:032x}", "again", shows_name=False)  # who was here may come back


def test_memory_is_bounded_however_long_a_class_lasts(room):
    for number in range(20_000):
        room.roster.note(ANA, f"03.{number % 9}", False, f"text {number}" * 50)
    assert len(room.roster.diagnoses) == 500
    assert max(len(text) for _, text in room.roster.diagnoses) == 300


def test_all_of_it_survives_a_restart(room):
    room.open("03.p1")
    room.choose(ANA, "03.p1", "c", 1)
    room.roster.note(ANA, "03.1", False, "the set changed")
    room.roster.note(BOB, "03.1", False, "the set changed")
    room.roster.learners[BOB].wants_help = room.shows_names = True
    again = Classroom.load(json.loads(json.dumps(room.dump())))
    assert again.dump() == {**room.dump()}
    assert again.for_board()["here"] == 0
    again.roster.join(ANA, "Ana", shows_name=True)
    assert again.for_learner(ANA)["vote"]["chosen"] == "c"
