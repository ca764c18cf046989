"""``wsdemo wire``: a wire in front of anybody's server, in a terminal."""

import contextlib
import errno
import os
import pathlib
import queue
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TextIO

from wsdemo.wire.before_start import check, say
from wsdemo.wire.core import Wire
from wsdemo.wire.session import QUIT, Session

__all__ = ["main"]


def main(url: str, port: int, save: pathlib.Path | None, keep: int) -> int:
    """Run the command; return its exit status.

    Args:
        url: the server's address.
        port: where clients connect; 0 for a free port.
        save: where to save a capture at the end; ``None`` for nowhere.
        keep: bytes of each connection to keep for it.
    """
    try:
        check(url, save, keep)
        wire = _start(url, port, keep if save else 0)
    except ValueError as error:
        return _fail(error, 2)
    except OSError as error:
        return _fail(error, 1)
    with contextlib.suppress(AttributeError):  # a program may have put something else there
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    session = Session(wire, sys.stdout, _wants_colours(sys.stdout))
    typed = _listen()
    with _reader_may_leave():
        with wire:
            session.write(
                f"Connect to {wire.url} instead of {url}",
                f"Type help for commands; Ctrl-C stops{f' and saves {save}' if save else ''}.",
            )
            session.run(typed)
        session.show()
    try:
        told = _save(wire, save)
    except OSError as error:
        return _fail(error, 1)
    with _reader_may_leave():
        session.write(*told, "stopped")
    return 0


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Write to nowhere once nobody reads: `wsdemo wire … | head`, or a terminal that was closed."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _start(url: str, port: int, first: int) -> Wire:
    try:
        return Wire(url, first=first, port=port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            told = f"port {port} is taken by another program: choose another; --port 0: a free one"
            raise say(error, told) from None
        if error.errno == errno.EACCES:
            told = f"port {port}: permission denied; use one above 1023, or --port 0"
            raise say(error, told) from None
        raise


def _save(wire: Wire, save: pathlib.Path | None) -> list[str]:
    """Save the capture; return what to say of it."""
    if save is None:
        return []
    try:
        wire.save(save)
    except OSError as error:
        raise say(error, f"{save} cannot be written: {error.strerror}") from None
    count, size = len(wire.handshakes), save.stat().st_size
    told = [f"saved {save}: {count} connection{'s' * (count != 1)}, {size:,} bytes"]
    if wire.missing:
        told.append(f"not saved: {wire.missing:,} later bytes; --keep BYTES keeps more")
    return told


def _fail(error: Exception, status: int) -> int:
    text = error.strerror or error if isinstance(error, OSError) else error
    print(f"wsdemo: {text}", file=sys.stderr)
    return status


def _wants_colours(out: TextIO) -> bool:
    """Whether to write in colours: only to a terminal, and not where NO_COLOR is set."""
    fits = sys.platform != "win32" or "WT_SESSION" in os.environ  # older consoles show the codes
    return out.isatty() and fits and "NO_COLOR" not in os.environ


def _listen() -> "queue.SimpleQueue[str]":
    """Collect the lines that are typed; a signal counts as ``quit``."""
    typed: queue.SimpleQueue[str] = queue.SimpleQueue()  # a signal's handler may put into it
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: typed.put(QUIT))
    if sys.platform != "win32":
        # In the background of a shell, reading from the terminal would stop this program.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def collect(lines: Iterable[str]) -> None:
        for line in lines:
            typed.put(line)

    threading.Thread(target=collect, args=(_lines_of(sys.stdin),), daemon=True).start()
    return typed


def _lines_of(source: TextIO | None) -> Iterator[str]:
    """Read lines until the end; there may be nothing to read from."""
    if source is None:
        return
    with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
        # Without Python's buffer: a thread that waits there would hold it when the program ends.
        raw = stack.enter_context(open(source.fileno(), "rb", buffering=0, closefd=False))
        yield from (line.decode(errors="replace") for line in raw)
