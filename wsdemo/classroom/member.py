"""A learner's side of a class: it joins, sends verdicts, and comes back after each loss."""

import asyncio
import contextlib
import ipaddress
import json
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException

from wsdemo import embedding
from wsdemo.classroom.ticket import Ticket
from wsdemo.loop import LoopThread, NoResult
from wsdemo.reconnect.client import ReconnectingClient

__all__ = ["Member", "NotJoined", "try_to_join"]

PATIENCE = 5.0  # s
MOST_UNCONFIRMED = 200


class NotJoined(ConnectionError):
    """The class was not joined; the text says why, and what to do."""


def join_message(ticket: Ticket) -> str:
    """Return a learner's first message."""
    return json.dumps(
        {
            "type": "join",
            "code": ticket.code,
            "learner": ticket.learner,
            "name": ticket.name,
            "shows_name": ticket.shows_name,
            "page": False,
        }
    )


def open_way(ticket: Ticket) -> None:
    """Make it possible to connect to the class, where it is not by itself."""
    if embedding.way_to_class:
        embedding.way_to_class(ticket.host, ticket.port)


async def try_to_join(ticket: Ticket) -> None:
    """Join once, and leave again.

    Args:
        ticket: where, and as whom.

    Raises:
        NotJoined: it did not work.
    """
    try:
        open_way(ticket)
        async with asyncio.timeout(PATIENCE), connect(ticket.url, proxy=None) as connection:
            with contextlib.suppress(ConnectionClosed):  # who refuses at once has closed already
                await connection.send(join_message(ticket))
            answer = json.loads(await connection.recv())
    except InvalidHandshake:
        raise NotJoined(
            f"a server answers at {ticket.host}:{ticket.port}, and it is no class: compare the "
            "address with the one on the board"
        ) from None
    except TimeoutError:
        raise NotJoined(_silence(ticket)) from None
    except (OSError, WebSocketException, ValueError) as error:
        raise NotJoined(_unreachable(ticket, error)) from None
    if isinstance(answer, dict) and "error" in answer:
        raise NotJoined(str(answer["error"]))


def _unreachable(ticket: Ticket, error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"no class listens at {ticket.host}:{ticket.port}: compare the address with the one on "
            "the board, which changes when the teacher's machine changes its network"
        )
    return f"{ticket.host}:{ticket.port} cannot be reached ({error}). {_silence(ticket)}"


def _silence(ticket: Ticket) -> str:
    text = f"{ticket.host} has not answered within {PATIENCE:g} s"
    if _is_private(ticket.host):
        return (
            f"{text}. Are you on the same Wi-Fi as the teacher? If you are, this Wi-Fi may keep "
            "its guests apart, as many do: then it needs a telephone's hotspot"
        )
    return f"{text}: compare the address with the one on the board"


def _is_private(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_private
    return False


class Member:
    """One who has joined, for as long as this process runs.

    What was sent and not confirmed is sent again on the next connection.

    Args:
        ticket: where, and as whom.

    Attributes:
        ticket: where, and as whom.
        refusal: why the class has refused this member for good; empty while it has not.
    """

    def __init__(self, ticket: Ticket) -> None:
        self.ticket, self.refusal = ticket, ""
        self._unconfirmed: dict[str, str] = {}
        self._is_open = False
        self._client: ReconnectingClient
        with contextlib.suppress(OSError):  # then it is as if nobody listened there
            open_way(ticket)
        self._thread = LoopThread("class")
        self._thread.call(self._start)

    def report(self, exercise: str, right: bool, diagnosis: str) -> None:
        """Send the verdict of an exercise, now or when there is a connection.

        Args:
            exercise: its number, such as ``"03.2"``.
            right: whether the answer was right.
            diagnosis: what the check has found; never the learner's code.
        """
        message = {"type": "verdict", "exercise": exercise, "right": right, "diagnosis": diagnosis}
        self._thread.call(self._send, exercise, json.dumps(message))

    def _send(self, exercise: str, text: str) -> None:
        self._unconfirmed.pop(exercise, None)  # the newest verdict is the one that counts
        self._unconfirmed[exercise] = text
        while len(self._unconfirmed) > MOST_UNCONFIRMED:
            del self._unconfirmed[next(iter(self._unconfirmed))]
        if self._is_open:
            self._sending = asyncio.create_task(self._client.send(text))

    def _start(self) -> None:
        self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        self._client = ReconnectingClient(
            self.ticket.url,
            base=1,
            cap=15,
            first=lambda: [join_message(self.ticket), *self._unconfirmed.values()],
            proxy=None,
            open_timeout=PATIENCE,
        )
        self._client.on("open", lambda: self._note(True))
        self._client.on("close", lambda _: self._note(False))
        try:
            async with self._client:
                async for data in self._client:
                    self._hear(json.loads(data))
        except (ConnectionClosed, InvalidHandshake) as error:
            self.refusal = str(error)

    def _note(self, is_open: bool) -> None:
        self._is_open = is_open

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("type") != "taken":
            return
        exercise = message["message"]["exercise"]
        if json.loads(self._unconfirmed.get(exercise, "null")) == message["message"]:
            del self._unconfirmed[exercise]

    @property
    def unconfirmed(self) -> int:
        """How many verdicts the class has not confirmed yet."""
        return len(self._unconfirmed)

    def stop(self) -> None:
        """Leave the class, within some seconds."""
        with contextlib.suppress(NoResult):
            self._thread.run(self._leave(), timeout=PATIENCE)
        self._thread.stop()

    async def _leave(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])
