"""Run by :mod:`wsdemo.programs`: start a program, and end it when who asked for it has gone.

A broker that a notebook starts would outlive a kernel that is killed. This process stands between
the two and holds one end of a pipe. When the kernel goes, however it goes, the system closes the
other end, and that can be read.

    python -I -S watchdog.py FOLDER PROGRAM ARGUMENT...
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

__all__ = ["main"]

GRACE = 5  # seconds that a program has to end by itself


def main(folder: str, *command: str) -> int:
    """Run a program until it ends, or until the standard input does; then end its children, too.

    Args:
        folder: what it stores; removed with the end of the standard input.
        command: the program and its arguments.

    Returns:
        Its exit status.
    """
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        process_group=0 if os.name == "posix" else None,
    )
    print(program.pid, flush=True)
    alone = threading.Event()

    def end_with_the_pipe() -> None:
        os.read(0, 1)  # sys.stdin would hold a lock that delays the end by a second
        alone.set()
        program.terminate()
        try:
            program.wait(GRACE)
        except subprocess.TimeoutExpired:
            program.kill()

    threading.Thread(target=end_with_the_pipe, daemon=True).start()
    status = program.wait()
    if os.name == "posix":  # what the program has started, and left behind
        with contextlib.suppress(OSError):  # nothing is left
            os.killpg(program.pid, signal.SIGKILL)
    if alone.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
