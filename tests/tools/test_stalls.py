"""tools/stalls.py: what it stops goes on."""

import subprocess
import sys

import psutil

from tests.waiting import wait_until
from tools.stalls import stalling

TICKS = """
import sys, time
longest, before, end = 0, time.monotonic(), time.monotonic() + 20
while longest < float(sys.argv[1]) and before < end:
    time.sleep(0.005)
    longest, before = max(longest, time.monotonic() - before), time.monotonic()
print(longest)
"""


def start(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_program_stalls_and_goes_on():
    with stalling(stall=(0.3, 0.3), between=(0.1, 0.1)), start(TICKS, "0.25") as program:
        assert 0.25 < float(program.communicate(timeout=30)[0]) < 20
    assert program.returncode == 0


def test_nothing_is_left_stopped_when_a_run_ends_while_it_stalls():
    with start("input()") as program:
        child = psutil.Process(program.pid)
        with stalling(stall=(20, 20), between=(0, 0)):
            wait_until(lambda: child.status() == psutil.STATUS_STOPPED)
        assert child.status() != psutil.STATUS_STOPPED
        program.kill()
