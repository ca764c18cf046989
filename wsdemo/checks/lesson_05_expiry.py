"""The exercise of lesson 05 on a permission that expires while its connection is open."""

import asyncio
import contextlib
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._mishaps import watched
from wsdemo.checks._plain import Plain, after, is_at_once
from wsdemo.checks._serving import PATIENCE, path_of, serving
from wsdemo.checks._stalls import BUSY, Stalls, TooBusy, took_longer


class Permissions:
    """A server on which each connection has a permission: LIMITS has its seconds, by path."""

    def __init__(self, handler: Any, stalls: Stalls) -> None:
        self.stalls = stalls
        self._handler = watched(handler)
        self._connections: dict[str, ServerConnection] = {}
        self._began: dict[str, tuple[float, float]] = {}
        self._ended: dict[str, tuple[float, float]] = {}

    def _now(self) -> tuple[float, float]:
        return asyncio.get_running_loop().time(), self.stalls.seconds

    async def handle(self, connection: ServerConnection) -> None:
        """Run the learner's handler with the permission of this connection."""
        path = path_of(connection)
        self._connections[path] = connection
        self._began[path] = self._now()
        try:
            await self._handler(connection, LIMITS[path])
        finally:
            self._ended[path] = self._now()

    def lasted(self, path: str) -> tuple[float, float]:
        """Return how many seconds a handler has run, and in how many of them the loop did not."""
        now, stalled = self._ended.get(path) or self._now()
        began, stalled_before = self._began[path]
        # What a line of the learner's has blocked is no stall of the machine.
        return now - began, 0 if self.stalls.place else stalled - stalled_before

    def expect_no_hidden_end(self) -> None:
        """Raise TooBusy if a stall may have hidden that a handler ran for too long."""
        for path in self._ended:
            lasted, stalled = self.lasted(path)
            if lasted - stalled > 1.2 * LIMITS[path]:
                raise TooBusy

    async def is_open_after(self, path: str, part: float) -> bool:
        """Wait until a part of a permission has passed; return whether the connection is open.

        This timer and the learner's are timers of the same loop: on a busy machine both are late.
        """
        passed = self._now()[0] - self._began[path][0]
        await asyncio.sleep(max(0, part * LIMITS[path] - passed))
        for _ in range(20):  # what was due before this timer may need some steps
            await asyncio.sleep(0)
        return self._connections[path].state is State.OPEN


SILENT, TALKING = "/silent", "/talking"
LIMITS = {TALKING: 0.8, SILENT: 0.4}
MESSAGES: list[str | bytes] = ["one", b"\x00\xff", "", "zwölf"]
EARLY, LATE = 0.75, 1.4
"""Parts of a permission after which a connection must be open still, and closed."""


@exercise("05.3")
async def expiry(handler: Any) -> str:
    """Check an echo that ends with its permission, also for a client that sends nothing."""
    stalls = Stalls()
    served = Permissions(handler, stalls)
    async with (
        stalls,
        serving(served.handle) as url,
        connect(url + TALKING, close_timeout=0.5) as talking,
        connect(url + SILENT, close_timeout=0.5) as silent,
    ):
        echoing = asyncio.create_task(_echo_all(talking))
        try:
            open_at = {}
            for path, part in ((SILENT, EARLY), (SILENT, LATE), (TALKING, EARLY), (TALKING, LATE)):
                open_at[path, part] = await served.is_open_after(path, part)
                if part == EARLY and not open_at[path, part]:
                    _expect_whole(served, path)
            await _check_ends(open_at, served, echoing)
            for client in (silent, talking):
                await asyncio.wait_for(client.wait_closed(), PATIENCE)
                _check_close(client.close_code, client.close_reason)
            await _check_silence(silent)
            served.expect_no_hidden_end()
        finally:
            echoing.cancel()
    return (
        "every message came back until the permission ended; then both clients got a code and a "
        "reason."
    )


async def _echo_all(client: ClientConnection) -> None:
    """Send messages until the connection is closed, and compare what comes back."""
    clock = asyncio.get_running_loop().time
    for number in range(1000):
        sent, start = MESSAGES[number % len(MESSAGES)], clock()
        try:
            await client.send(sent)
            received = await client.recv()
        except ConnectionClosed:
            if number < len(MESSAGES) or clock() - start > LIMITS[TALKING] / 2:
                raise NotYet(
                    "a message did not come back while the permission lasted", input=sent
                ) from None
            return
        if received != sent:
            raise NotYet(
                "a message did not come back as it was",
                input=sent,
                expected=sent,
                received=received,
            )
        if number >= len(MESSAGES):  # those before must all come while the permission lasts
            await asyncio.sleep(LIMITS[TALKING] / 20)


def _expect_whole(served: Permissions, path: str) -> None:
    """Raise a diagnosis if a connection has ended before its permission."""
    lasted, stalled = served.lasted(path)
    if took_longer(lasted, 0.95 * LIMITS[path], stalled):
        return  # it has ended in time, and this look at it was late
    which = "a client that sent nothing" if path == SILENT else "a client that sent messages"
    kind = NotYet if is_at_once(lasted, stalled) else Misconception
    raise kind(
        f"{which} was disconnected before its permission ended",
        input=Plain(f"seconds={LIMITS[path]}"),
        expected=Plain(f"closed after {LIMITS[path]} s"),
        received=Plain(f"closed {after(lasted, stalled)}"),
    )


async def _check_ends(
    open_at: dict[tuple[str, float], bool], served: Permissions, echoing: "asyncio.Task[None]"
) -> None:
    silent, talking = open_at[SILENT, LATE], open_at[TALKING, LATE]
    if echoing.done():
        echoing.result()
    if talking and not silent and served.stalls.seconds > BUSY / 3 and not served.stalls.place:
        raise TooBusy  # the timer of the silent client may have run out together with the check's
    if talking and not silent:
        raise Misconception(
            "a client that goes on sending stays connected; a client that sends nothing is "
            "disconnected in time. Does each message start your timer again?",
            input=Plain(
                f"seconds={LIMITS[TALKING]}, and a message every {LIMITS[TALKING] / 20:.2f} s"
            ),
            received=Plain(f"open after {LATE * LIMITS[TALKING]:.2f} s"),
        )
    if not silent:
        return
    still_open = await served.is_open_after(SILENT, 3)
    if still_open and not talking:
        raise Misconception(
            "a client that sends messages was disconnected, but a client that only listens stays "
            "connected, and receives all that you send. The permission must end without a "
            "message, too: set a timer.",
            input=Plain(f"seconds={LIMITS[SILENT]}, and no message"),
            received=Plain(f"open after {3 * LIMITS[SILENT]:.2f} s"),
        )
    end = 3 * LIMITS[SILENT] if still_open else served.lasted(SILENT)[0]
    raise Misconception(
        "the permission had ended, and the connection was still open: set a timer of `seconds`. A "
        "check when the client connects is not enough.",
        input=Plain(f"seconds={LIMITS[SILENT]}"),
        expected=Plain(f"closed after {LIMITS[SILENT]} s"),
        received=Plain(f"{'open' if still_open else 'closed'} after {end:.2f} s"),
    )


async def _check_silence(client: ClientConnection) -> None:
    """Raise a diagnosis if a client that has sent nothing has received something."""
    with contextlib.suppress(ConnectionClosed):
        raise Misconception(
            "a client that had sent nothing received a message. Only echo what a client sends, "
            "because a program takes each message for an echo. Use the close reason to report "
            "what has happened.",
            expected=Plain("no message, then the close"),
            received=await client.recv(),
        )


def _check_close(code: int | None, reason: str | None) -> None:
    values = {
        "expected": Plain("1008 or a code of 3000–4999, and a reason"),
        "received": Plain(f"code {code}, reason {reason!r}"),
    }
    if code != 1008 and not 3000 <= (code or 0) <= 4999:
        raise Misconception(
            f"the connection ended with {code}. This code does not say that a permission has "
            "expired, so the client cannot know that it needs a new permission.",
            **values,
        )
    if not reason:
        raise Misconception(
            f"code {code} came without a reason: say in a few words why the connection ended.",
            **values,
        )
