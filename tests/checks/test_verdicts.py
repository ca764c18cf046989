"""What a verdict says, and whose fault it names; the answers of each lesson are in test_answers."""

import asyncio
import functools
import gc
import inspect
import subprocess
import sys
import threading
import time

import pytest

import wsdemo
from tests.checks.answers_02_echo import waits_for_ever
from tests.checks.worked import SOLUTIONS
from wsdemo.checks import lesson_02_receive
from wsdemo.checks._places import end
from wsdemo.checks._stalls import BUSY, TooBusy, took_longer


def test_a_check_loads_its_own_lesson_only():
    program = """
import sys, wsdemo
wsdemo.check("02.1")
print([name for name in sys.modules if name.startswith("wsdemo.checks.lesson")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (
        done.stdout.strip() == "['wsdemo.checks.lesson_02_echo', 'wsdemo.checks.lesson_02_receive']"
    )


def test_unknown_exercise():
    with pytest.raises(ValueError, match=r"no exercise '99\.1'; there are 00\.1"):
        wsdemo.check("99.1", 1)


def test_an_answer_that_raises():
    def answer(key):
        return 1 / 0

    verdict = wsdemo.check("01.1", answer)
    assert verdict.state == "look again"
    line = answer.__code__.co_firstlineno + 1
    assert verdict.text == (
        f"your code raised ZeroDivisionError: division by zero "
        f"(line {line}, in answer: return 1 / 0)"
    )


@pytest.mark.parametrize("error", [SystemExit("bye"), KeyboardInterrupt(), GeneratorExit()])
def test_an_answer_that_would_end_a_program(error):
    def answer(key):
        raise error

    verdict = wsdemo.check("01.1", answer)
    assert verdict.state == "look again"
    assert verdict.text.startswith(f"your code raised {type(error).__name__}")


async def has_its_own_limit(connection, word, seconds):
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()


def test_a_time_limit_of_the_answer_is_not_that_of_the_check():
    verdict = wsdemo.check("13.2", has_its_own_limit)
    assert verdict.text.startswith("your code raised TimeoutError (line ")
    assert "in has_its_own_limit: " in verdict.text


async def never_sends(connection, word, seconds):
    await asyncio.Event().wait()


def test_a_time_limit_of_the_check_is_named():
    verdict = wsdemo.check("13.2", never_sends)
    assert verdict.text.startswith(
        "your answer had not finished after 2 s; it was waiting at line "
    )
    assert verdict.text.endswith("in never_sends: await asyncio.Event().wait()")


class OnABusyMachine:
    """A right answer to 02.3, tried on a machine that is too busy to measure for some tries."""

    def __init__(self, monkeypatch, busy):
        self.tries = 0
        self._busy, self._monkeypatch = busy, monkeypatch

    async def __call__(self, connection, seconds):
        if seconds == 0.2:  # asked once in each try
            self.tries += 1
            limit = -1 if self.tries <= self._busy else BUSY
            self._monkeypatch.setattr(lesson_02_receive, "BUSY", limit)
        return await SOLUTIONS["02.3"](connection, seconds)


def test_an_answer_is_tried_again_when_the_machine_was_too_busy(monkeypatch):
    answer = OnABusyMachine(monkeypatch, busy=1)
    assert wsdemo.check("02.3", answer).state == "right"
    assert answer.tries >= 2  # it may have been too busy in reality, too


def test_a_machine_that_stays_busy_gives_no_verdict(monkeypatch):
    answer = OnABusyMachine(monkeypatch, busy=9)
    verdict = wsdemo.check("02.3", answer)
    assert (answer.tries, verdict.state) == (3, "no verdict")
    assert "this machine is too busy to measure times" in verdict.text


@pytest.mark.parametrize(("seconds", "stalled"), [(0.4, 0), (0.4, 0.3), (0.5, 0)])
def test_what_is_in_time_is_so_on_any_machine(seconds, stalled):
    assert not took_longer(seconds, 0.5, stalled)


def test_what_takes_longer_by_itself_is_told_from_what_a_stall_has_made_longer():
    assert took_longer(0.8, 0.5, 0.2)
    with pytest.raises(TooBusy):
        took_longer(0.8, 0.5, 0.3)


def test_an_answer_that_lets_the_time_out_escape_is_told_so():
    async def escapes(connection, seconds):
        return await asyncio.wait_for(connection.recv(), seconds)

    assert "your function raised TimeoutError" in wsdemo.check("02.3", escapes).text
    assert "still waited after 2 s" in wsdemo.check("02.3", waits_for_ever).text


def test_waits_that_are_longer_than_the_cap_have_a_hint():
    def waits(base, cap):
        if base == 0.01:
            return iter([60.0] * 10)
        return SOLUTIONS["08.1"](base, cap)

    verdict = wsdemo.check("08.1", waits)
    assert verdict.text.startswith("your answer had not finished after 2 s")


def test_an_answer_of_the_wrong_kind_is_said_to_be_of_no_use():
    verdict = wsdemo.check("01.1", lambda: "no key")
    assert verdict.state == "look again"
    assert verdict.text.startswith("the check could not use your answer: TypeError: ")


@pytest.mark.parametrize("error", [TimeoutError(), OSError(24, "Too many open files")])
def test_a_fault_of_the_check_is_no_verdict(monkeypatch, error):
    async def broken(answer):
        raise error

    # As if it stood in the package.
    broken.__code__ = broken.__code__.replace(co_filename=wsdemo.checks.__file__)
    monkeypatch.setitem(wsdemo.checks._judges, "01.1", broken)
    verdict = wsdemo.check("01.1", "anything")
    assert verdict.state == "no verdict"
    assert verdict.text.startswith(f"the check itself failed: {type(error).__name__}")
    assert repr(verdict).startswith("? 01.1 no verdict: ")


def test_a_check_that_takes_too_long_names_its_limit(monkeypatch):
    monkeypatch.setattr(wsdemo.checks, "TIME_LIMIT", 0.1)
    verdict = wsdemo.check("02.3", waits_for_ever)
    assert verdict.text.startswith("your answer had not finished after 0.1 s; it was waiting at ")


async def never_yields(connection):
    while True:
        pass


async def sleeps(connection):
    time.sleep(3)  # noqa: ASYNC251


def test_a_loop_that_never_ends_is_named_and_ended(monkeypatch):
    monkeypatch.setattr(wsdemo.checks, "TIME_LIMIT", 0.1)
    verdict = wsdemo.check("02.1", never_yields)
    assert verdict.text.startswith("your answer blocked the event loop, and had not finished")
    assert "in never_yields: " in verdict.text
    assert not [each for each in threading.enumerate() if "exercise 02.1" in each.name]


@pytest.mark.filterwarnings("ignore:unclosed")  # such a thread closes nothing when it ends
def test_a_call_that_blocks_is_named(monkeypatch):
    monkeypatch.setattr(wsdemo.checks, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(wsdemo.checks, "end", functools.partial(end, attempts=1))
    verdict = wsdemo.check("02.1", sleeps)
    assert verdict.text.endswith("The check could not stop your code: it is still running")
    assert "in sleeps: time.sleep(3)" in verdict.text
    for thread in [each for each in threading.enumerate() if "exercise" in each.name]:
        thread.join(5)
    gc.collect()


async def raises(connection):
    await connection.send("Welcome!")
    async for message in connection:
        await connection.send(jsn.dumps(message))  # noqa: F821


def test_what_a_handler_raises_is_shown_with_its_line():
    verdict = wsdemo.check("02.1", raises)
    assert verdict.state != "right"
    name, value = verdict.evidence[-1]
    assert name == "raised"
    assert value.startswith("NameError: name 'jsn' is not defined (line ")
    assert "in raises: await connection.send(jsn.dumps(message))" in value


def test_a_handler_that_is_no_coroutine_function_is_told():
    verdict = wsdemo.check("02.1", lambda connection: None)
    assert (
        verdict.evidence[-1][0],
        verdict.evidence[-1][1].partition(":")[0],
    ) == ("raised", "TypeError")
    assert "the handler returned None" in verdict.evidence[-1][1]


async def forgets(connection):
    await connection.send("Welcome!")
    async for _ in connection:
        connection.send("You said nothing")


def test_a_coroutine_that_was_never_awaited_is_named():
    verdict = wsdemo.check("02.1", forgets)
    assert ("never awaited", "Connection.send()") in verdict.evidence


def test_a_verdict_shows_what_was_observed():
    finding = wsdemo.checks.Misconception("wrong", input=b"x", expected="y" * 999, received=None)
    verdict = wsdemo.checks.Verdict("01.1", "look again", str(finding), finding.evidence)
    assert [name for name, _ in verdict.evidence] == ["input", "expected", "received"]
    assert "\n    input     b'x'\n    expected  'yyy" in repr(verdict)
    assert len(repr(verdict)) < 300
    assert "<dt" in verdict._repr_html_()


def test_verdict_can_be_read_in_text_and_in_colour():
    verdict = wsdemo.check("00.2", None)
    assert repr(verdict).startswith("… 00.2 not yet: ")
    assert 'role="status"' in verdict._repr_html_()
    assert "&lt;" in type(verdict)("00.2", "right", "<b>")._repr_html_()


def test_no_thread_is_left():
    wsdemo.check("02.1", SOLUTIONS["02.1"])
    assert not [each for each in threading.enumerate() if "exercise 02.1" in each.name]
    assert inspect.iscoroutinefunction(SOLUTIONS["02.1"])


async def loses_a_task(connection):
    async def fail():
        raise ValueError("nobody awaits me")

    asyncio.create_task(fail())  # noqa: RUF006 - the mistake
    await connection.wait_closed()


def test_what_a_lost_task_raises_is_shown():
    verdict = wsdemo.check("02.1", loses_a_task)
    assert any("nobody awaits me" in value for name, value in verdict.evidence if name == "raised")
