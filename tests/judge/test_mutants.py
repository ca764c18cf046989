"""Each fault of a server is noticed, and the verdict names it. The table is in mutants.py.

Here only the stage that must notice it is tried; ``python -m tests.judge.mutants`` tries all.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.judge.kit import judged, serving_source
from tests.judge.mutants import MUTANTS, PATIENCE, SOURCE
from wsdemo.judge.stages import choose

AT_ONCE = 2  # most of the time goes into waiting for servers that do not answer


def stage_of(mutant):
    """The stage with the case that notices a fault."""
    title = mutant.title.removeprefix("While other clients are connected: ")
    titles = {case.title: stage for stage in choose("server") for case in stage.cases}
    return titles[title or "'Hello' comes back as text."]


def verdict_on(mutant):
    with serving_source(mutant.source) as address:
        return judged(address, [stage_of(mutant)], PATIENCE).failures


@pytest.fixture(scope="module")
def failures():
    """What each of the broken servers fails at, by the server's name."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(verdict_on, MUTANTS))
    return {each.name: failed for each, failed in zip(MUTANTS, found, strict=True)}


def test_there_are_forty_and_more_and_no_two_of_them_are_the_same():
    assert len(MUTANTS) >= 40
    sources = {each.source for each in MUTANTS}
    assert len(sources) == len({each.name for each in MUTANTS}) == len(MUTANTS)
    assert SOURCE not in sources


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_server_is_rejected_by_name(failures, mutant):
    [failure] = failures[mutant.name]
    assert failure.title.startswith(mutant.title)
