"""A learner's tests, run on the right program and on broken ones (mutants)."""

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wsdemo.checks import Misconception, NotYet
from wsdemo.checks._mishaps import describe
from wsdemo.checks._patience import done_within
from wsdemo.checks._plain import Plain

__all__ = ["WHOLE_TIME_LIMIT", "Outcome", "judge", "outcome_of", "sentence", "tests_of"]

RUNS = 20
"""How often the tests must pass on the right program."""

LEAST = 8
"""How many broken programs they must notice."""

AT_ONCE = 5
"""How many of these runs go side by side."""

TIME_LIMIT = 4.0
"""Seconds for one test in one run; a right one takes a tenth of it on a busy machine."""

WHOLE_TIME_LIMIT = 20.0
"""Seconds for all runs; on a machine that does nothing else they take one to three."""


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes:
        error: what the test raised; ``None`` if it passed, or has not ended.
        hangs: whether it had not ended in time.
    """

    error: BaseException | None = None
    hangs: bool = False

    @property
    def failed(self) -> bool:
        """Whether the test has noticed something."""
        return self.error is not None


def tests_of(answer: Any, parameters: str) -> list[Callable[..., Any]]:
    """Return an answer's tests: it is one function, or several in a list or a tuple.

    Args:
        answer: the learner's.
        parameters: what a test takes, such as ``"url"``, for the verdict.

    Raises:
        NotYet: it is something else.
        Misconception: a test takes other arguments.
    """
    tests = list(answer) if isinstance(answer, list | tuple) else [answer]
    names = parameters.split(", ")
    count = {1: "one argument", 2: "two arguments"}[len(names)]
    if not tests or not all(map(callable, tests)):
        raise NotYet(f"give `check` a function, def test({parameters}), or a list of functions")
    for test in tests:
        try:
            inspect.signature(test).bind(*names)
        except TypeError:
            raise Misconception(
                f"a test is called with {count}: def {_name(test)}({parameters})"
            ) from None
    return tests


async def outcome_of(test: Callable[..., Any], *arguments: Any) -> Outcome:
    """Run a test in a thread of its own, where it may wait and block.

    Args:
        test: the learner's function, or coroutine function.
        arguments: what it takes.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[BaseException | None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if not done.done():
            done.set_result(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            result = test(*arguments)
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except BaseException as raised:  # pytest.fail raises one that is not an Exception
            error = raised
        with contextlib.suppress(RuntimeError):  # the check has ended
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, name="a test", daemon=True).start()
    if await done_within(done, TIME_LIMIT):
        return Outcome(done.result())
    return Outcome(hangs=True)


Attempt = Callable[[Callable[..., Any], Callable[[], Any]], Awaitable[Outcome]]
"""``await attempt(test, make)``: the outcome of a test, on what ``make()`` gives."""


async def judge(
    tests: Sequence[Callable[..., Any]],
    attempt: Attempt,
    right: Callable[[], Any],
    broken: Sequence[Callable[[], Any]],
    what: str,
    hints: dict[str, str],
) -> str:
    """Run tests twenty times on the right program, and once or twice on each broken one.

    Args:
        tests: the learner's.
        attempt: runs one of them.
        right: makes the right program.
        broken: make the broken ones; their docstrings say what these do.
        what: what the programs are, such as ``"room"``, and how a test fails: on or with it.
        hints: what to test, by the name of a broken program.

    Raises:
        NotYet: they notice fewer than eight broken programs.
        Misconception: they fail on the right one, or wait for ever.
    """
    noun, preposition = what.split("/")
    for test in tests:
        outcomes: list[Outcome] = []
        while len(outcomes) < RUNS:
            outcomes += await _together([attempt(test, right) for _ in range(AT_ONCE)])
            _look_at_the_right_one(test, outcomes, noun, preposition)

    rows = await _together([_row(attempt, tests, make) for make in broken])
    for make, row in zip(broken, rows, strict=True):
        for test, each in zip(tests, row, strict=True):
            if each.hangs and not any(other.failed for other in row):
                raise Misconception(
                    f"{_name(test)} waits for ever {preposition} a {noun} that {sentence(make)}. "
                    "Give each wait a time limit, such as recv(timeout=2)."
                )
    noticed = [any(each.failed for each in row) for row in rows]
    return _count(noticed, broken, noun, preposition, hints)


async def _together(runs: list[Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*runs))


async def _row(
    attempt: Attempt, tests: Sequence[Callable[..., Any]], make: Callable[[], Any]
) -> list[Outcome]:
    """Run all tests on one broken program, each on a copy of its own.

    A test that fails or hangs is run again, and the second time counts: a machine that stalls may
    break one of its time limits, or ours.
    """
    row = await _together([attempt(test, make) for test in tests])
    places = [place for place, each in enumerate(row) if each.failed or each.hangs]
    again = await _together([attempt(tests[place], make) for place in places])
    for place, each in zip(places, again, strict=True):
        row[place] = each
    return row


def _look_at_the_right_one(
    test: Callable[..., Any], outcomes: list[Outcome], noun: str, preposition: str
) -> None:
    bad = [each for each in outcomes if each.failed or each.hangs]
    errors = [each.error for each in bad if each.error is not None]
    if not bad:
        return
    if not errors:
        raise Misconception(
            f"{_name(test)} had not finished after {TIME_LIMIT:g} s, {preposition} the right "
            f"{noun}. It waits for something that does not come, or it sleeps."
        )
    if len(bad) == len(outcomes):
        text = f". A {noun} that keeps all its promises must pass."
    else:
        text = f" in {len(bad)} of {len(outcomes)} runs side by side: whether it passes depends on "
        text += "timing. Wait for an event, not for a time."
    finding = Misconception(f"{_name(test)} fails {preposition} the right {noun}{text}")
    finding.evidence += (("raised", describe(errors[0])),)
    raise finding


def _count(
    noticed: list[bool],
    broken: Sequence[Callable[[], Any]],
    noun: str,
    preposition: str,
    hints: dict[str, str],
) -> str:
    survivors = [make for make, seen in zip(broken, noticed, strict=True) if not seen]
    count, total = sum(noticed), len(broken)
    names = [f"a {noun} that {sentence(make)}" for make in survivors]
    if count < LEAST:
        first = hints[getattr(survivors[0], "__name__", "")]
        text = f"your tests fail {preposition} {count} of the {total} broken {noun}s; {LEAST} are "
        text += "needed." if count else "needed. Does an `assert` compare what arrives?"
        finding = NotYet(f"{text} {first}")
        finding.evidence += tuple(("passes", Plain(each)) for each in names)
        raise finding
    rest = f" This one still passes: {'; '.join(names)}." if names else ""
    return (
        f"your tests pass {RUNS} times {preposition} the right {noun}, and notice {count} of "
        f"{total} broken ones.{rest}"
    )


def sentence(make: Callable[[], Any]) -> str:
    """Return what a broken program does, by its docstring, as the end of a sentence."""
    text = (inspect.getdoc(make) or "").partition("\n")[0].rstrip(".")
    return text[:1].lower() + text[1:]


def _name(test: Callable[..., Any]) -> str:
    return getattr(test, "__name__", "your test")
