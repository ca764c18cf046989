"""Each wrong program is refused, and the case that fails names its fault."""

import collections

import pytest

from tests.judge.kit import judged, serving_source
from tests.judge.mutants import MUTANTS
from tests.judge.test_mutants import stage_of
from tests.scratch.kit import written
from tests.scratch.wrong import WRONG
from wsdemo import scratch
from wsdemo.judge import judge
from wsdemo.judge.stages import choose

PATIENCE = 0.8  # s
OF_SERVERS = [each for each in WRONG if each.stage <= 14]
OF_CLIENTS = [each for each in WRONG if each.stage > 14]


def test_there_are_three_for_each_stage():
    counts = collections.Counter(each.stage for each in WRONG)
    counts.update(stage_of(each).number for each in MUTANTS)
    assert {stage: counts[stage] for stage in scratch.STAGES if counts[stage] < 3} == {}
    assert len({each.source() + each.source("client") for each in WRONG}) == len(WRONG)


@pytest.mark.parametrize("wrong", OF_SERVERS, ids=lambda wrong: wrong.name)
def test_a_wrong_server_is_refused_by_name(wrong):
    source = wrong.source() + ("" if wrong.stage > 10 else "\nMAX_HEAD = 2**14\n")
    with serving_source(source) as address:
        [failure] = judged(address, choose("server", wrong.stage), PATIENCE).failures
    assert failure.title == wrong.title


@pytest.mark.weekly  # each of its cases is a program that starts
@pytest.mark.parametrize("wrong", OF_CLIENTS, ids=lambda wrong: wrong.name)
def test_a_wrong_client_is_refused_by_name(wrong, tmp_path):
    words = written(tmp_path, wrong.stage, lambda _, side: wrong.source(side))
    [failure] = judge(words, stage=wrong.stage, client=True, patience=2).failures
    assert failure.title == wrong.title
