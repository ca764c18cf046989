"""The stages are data that can be read aloud."""

import re

import pytest

from wsdemo.judge.address import Trouble
from wsdemo.judge.stages import STAGES, choose

CASES = [(stage, case) for stage in STAGES for case in stage.cases]


def test_there_are_fourteen_to_sixteen_in_order_and_two_are_of_clients():
    assert [stage.number for stage in STAGES] == list(range(1, len(STAGES) + 1))
    assert 14 <= len(STAGES) <= 16
    assert [stage.side for stage in STAGES[-2:]] == ["client", "client"]
    assert {stage.side for stage in STAGES[:-2]} == {"server"}
    assert len(CASES) >= 80


def test_each_title_is_a_sentence_and_names_one_case_of_its_side():
    for side in ("server", "client"):
        titles = [case.title for stage, case in CASES if stage.side == side]
        assert len(set(titles)) == len(titles)
    for _, case in CASES:
        assert re.fullmatch(r"['A-Z0-9].*[\w)]\.", case.title), case.title


def test_each_case_names_a_section_and_has_a_hint_that_is_not_code():
    for _, case in CASES:
        assert re.fullmatch(r"(1|4|5|7|8|9|10)\.\d+(\.\d+)?", case.section), case.title
        assert case.steps
        assert len(case.hint) > 30, case.title
        assert not re.search(r"[<>]{2}|==|\breturn\b [a-z_]+\(|0x", case.hint), case.hint


@pytest.mark.parametrize(
    ("side", "number", "told"),
    [
        ("server", 15, "the stages of a server are 1 to 14, not 15 (with --client: "),
        ("server", 0, "the stages of a server are 1 to 14, not 0"),
        ("client", 3, "the stages of a client are 15 to 16, not 3"),
    ],
)
def test_a_stage_that_is_not_there_is_told(side, number, told):
    with pytest.raises(Trouble, match=re.escape(told)):
        choose(side, number)


def test_one_stage_can_be_chosen():
    assert [stage.number for stage in choose("server", 7)] == [7]
