"""The square ■ of a notebook ends a cell that awaits."""

import asyncio
import contextlib
import signal
import threading

from wsdemo.cell import ipython_shell

__all__ = ["let_interrupts_wake_the_loop"]


def let_interrupts_wake_the_loop() -> None:
    """Let an interrupt end ``await client.recv()`` in a cell at once, and not many seconds later.

    ipykernel answers SIGINT by scheduling a cancellation on the kernel's event loop. But Python
    resumes the loop's ``select`` after a signal (PEP 475), so the loop sleeps on until something
    else wakes it. Once asyncio handles any signal at all, each signal wakes the loop
    (:func:`signal.set_wakeup_fd`). SIGWINCH, a change of the terminal's size, means nothing to a
    kernel.

    Does nothing outside a notebook, off the main thread, or on Windows, whose event loop wakes for
    signals by itself.
    """
    if ipython_shell() is None or threading.current_thread() is not threading.main_thread():
        return
    with contextlib.suppress(RuntimeError, NotImplementedError, AttributeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, lambda: None)
