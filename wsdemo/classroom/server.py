"""The server of a class: learners' pages and notebooks on one path, the teacher's board on another.

Whatever changes is sent to the boards, and to the learners whom it concerns, at most ten times a
second, as a whole new state. So nobody has to catch up after a lost connection.
"""

import asyncio
import contextlib
import json
import logging
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from wsdemo.apps._messages import Refused, refusal
from wsdemo.classroom.messages import FROM_LEARNERS, FROM_TEACHERS, read
from wsdemo.classroom.roster import Full
from wsdemo.classroom.secrets import Door
from wsdemo.classroom.storage import Storage
from wsdemo.classroom.votes import Closed
from wsdemo.server.core import Server
from wsdemo.server.fanout import MOST_PENDING
from wsdemo.server.lan import lan_address
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["LIMITS", "ClassServer"]

LIMITS = Limits(max_size=2**13, rate=10, burst=100)
HEARTBEAT = 20.0  # s
EVERY = 0.1
"""Seconds from one state that is sent to the next."""
LOOK_UP = 5.0
"""Seconds after which the boards are told this machine's address again."""
TO_SAY_WHO = 10.0
"""Seconds that a connection has for its first message."""

log = logging.getLogger("wsdemo.classroom")
log.addHandler(logging.NullHandler())


class ClassServer:
    """A class on the network.

    Args:
        storage: the class, and the file that keeps it.
        pages: the pages that it answers plain HTTP requests with.
        limits: which clients may connect, how many, and how often they may send.
        options: those of :func:`wsdemo.serve`, such as ``host`` and ``port``.

    Attributes:
        storage: the class.
        server: the running server.

    Raises:
        OSError: the port is taken, or the file cannot be written.
    """

    def __init__(
        self, storage: Storage, pages: dict[str, Any], limits: Limits = LIMITS, **options: Any
    ) -> None:
        self.storage = storage
        self._door = Door(storage.code, storage.key)
        self._limits = limits
        self._learners: dict[ServerConnection, str] = {}
        self._boards: set[ServerConnection] = set()
        self._changed, self._started = asyncio.Event(), asyncio.Event()
        self._reached = False  # whether another machine has come in
        self._concerned: set[str] = set()  # the learners whose state has changed
        self._taken: list[tuple[ServerConnection, str]] = []  # what is confirmed after saving
        alive = {"ping_interval": HEARTBEAT, "ping_timeout": HEARTBEAT}
        self.server: Server = serve_limited(
            self._handle, limits, name="class", pages=pages, **{**alive, **options}
        )
        try:
            storage.port = self.server.port
            storage.save()
            self.server.run(self._start())
        except BaseException:
            self.server.stop()
            raise

    async def _start(self) -> None:
        self._sending = asyncio.create_task(self._send_changes())
        self._started.set()

    def stop(self, keep: bool = False) -> None:
        """End the class.

        Args:
            keep: whether its file stays, for the next start; without it nothing is stored.
        """
        self.server.stop()
        if keep:
            self.storage.save()
        else:
            self.storage.forget()

    async def _handle(self, connection: ServerConnection) -> None:
        await self._started.wait()  # after a restart, pages may come back before all is ready
        own = (connection.local_address[0], "127.0.0.1", "::1")
        self._reached = self._reached or connection.remote_address[0] not in own
        messages = aiter(rate_limited(connection, self._limits))
        try:
            path = connection.request.path.partition("?")[0] if connection.request else ""
            serve = {"/learn": self._serve_learner, "/teach": self._serve_teacher}.get(path)
            if serve is None:
                raise _Goodbye("connect to /learn")
            try:
                async with asyncio.timeout(TO_SAY_WHO):
                    first = await anext(messages)
            except TimeoutError:
                raise _Goodbye("say who you are") from None
            await serve(connection, first, messages)
        except (_Goodbye, Refused) as reason:
            code = reason.code if isinstance(reason, _Goodbye) else CloseCode.POLICY_VIOLATION
            with contextlib.suppress(ConnectionClosed):
                await connection.send(refusal(reason))
            await connection.close(code, str(reason)[:100])
        except StopAsyncIteration:  # it has left before it said who it is
            pass

    async def _serve_learner(
        self, connection: ServerConnection, first: str | bytes, messages: Any
    ) -> None:
        roster = self.storage.classroom.roster
        asked = read(first, {"join": FROM_LEARNERS["join"]})
        learner = asked["learner"]
        # Who was here before has proved it: an identifier has 128 bits, and nobody else knows it.
        if learner not in roster.learners and not self._door.lets_learner_in(
            asked["code"], connection.remote_address[0]
        ):
            raise _Goodbye("this is not the code of this class; after 20 wrong ones, wait a minute")
        try:
            roster.join(learner, asked["name"], asked["shows_name"], asked["page"])
        except ValueError as error:
            raise _Goodbye(str(error)) from None
        except Full as error:
            raise _Goodbye(str(error), CloseCode.TRY_AGAIN_LATER) from None
        self._learners[connection] = learner
        self._note()
        try:
            await connection.send(self._for_learner(learner))
            async for data in messages:
                try:
                    self._taken.append((connection, self._take(learner, data)))
                except Refused as reason:
                    await connection.send(refusal(reason))
                except Closed as reason:  # the page keeps its other choices
                    answer = {"error": str(reason), "message": json.loads(data)}
                    await connection.send(json.dumps(answer))
        finally:
            del self._learners[connection]
            roster.leave(learner, asked["page"])
            self._note()

    def _take(self, learner: str, data: str | bytes) -> str:
        """Do what a learner asks; return the confirmation, which is sent when it is saved."""
        message = read(data, FROM_LEARNERS)
        classroom = self.storage.classroom
        match message:
            case {"type": "vote", "question": question, "option": option, "round": number}:
                classroom.choose(learner, question, option, number)
            case {"type": "verdict", "exercise": exercise, "right": right, "diagnosis": text}:
                classroom.roster.note(learner, exercise, right, text)
            case {"type": "help", "wanted": wanted}:
                classroom.roster.learners[learner].wants_help = wanted
            case _:
                raise Refused("you have joined already")
        self._note(learner)
        return json.dumps({"type": "taken", "message": message})

    async def _serve_teacher(
        self, connection: ServerConnection, first: str | bytes, messages: Any
    ) -> None:
        if not self._door.lets_teacher_in(read(first, {"teach": FROM_TEACHERS["teach"]})["key"]):
            raise _Goodbye("this is not the key of this class: open the board that it printed")
        self._boards.add(connection)
        try:
            await connection.send(self._for_board())
            async for data in messages:
                try:
                    await connection.send(self._obey(data))
                except (Refused, Closed) as reason:
                    await connection.send(refusal(reason))
        finally:
            self._boards.discard(connection)

    def _obey(self, data: str | bytes) -> str:
        """Do what the teacher asks; return the answer."""
        message = read(data, FROM_TEACHERS)
        classroom = self.storage.classroom
        match message:
            case {"type": "open", "question": question}:
                classroom.open(question)
            case {"type": "inventory", "which": which}:
                classroom.ask_inventory(which)
            case {"type": "reveal"}:
                classroom.vote().reveal()
            case {"type": "again"}:
                classroom.vote().again()
            case {"type": "answer"}:
                classroom.vote().answer()
            case {"type": "close"}:
                classroom.close()
            case {"type": "names", "shown": shown}:
                classroom.shows_names = shown
            case {"type": "helped"}:
                for each in classroom.roster.learners.values():
                    each.wants_help = False
            case {"type": "csv"}:
                return json.dumps({"type": "csv", "text": classroom.as_csv()})
            case _:
                raise Refused("you are the teacher already")
        self._note(*classroom.roster.learners)
        return json.dumps({"type": "taken", "message": message})

    def _note(self, *learners: str) -> None:
        """Have the new state sent: to all boards, and to these learners."""
        self._concerned.update(learners)
        self._changed.set()

    def _for_learner(self, learner: str) -> str:
        return json.dumps({"type": "state", **self.storage.classroom.for_learner(learner)})

    def _for_board(self) -> str:
        where = {"place": self.place, "code": self.storage.code, "reached": self._reached}
        return json.dumps({"type": "board", **where, **self.storage.classroom.for_board()})

    @property
    def place(self) -> str:
        """The host and port that learners use now; a machine that changes its network has another.

        Example: ``192.168.1.5:8000``.
        """
        host = self.server.host
        if host == "0.0.0.0":
            host = lan_address() or "127.0.0.1"
        return f"{host}:{self.server.port}"

    async def _send_changes(self) -> None:
        while True:
            # A new address of this machine is no event, so it is looked up now and then.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_UP)
            if self._changed.is_set():
                self._changed.clear()
                self._save()
            concerned, self._concerned = self._concerned, set()
            taken, self._taken = self._taken, []
            for connection, confirmation in taken:
                _send(connection, confirmation)
            if self._boards:
                board = self._for_board()
                for connection in self._boards:
                    _send(connection, board)
            for connection, learner in self._learners.items():
                if learner in concerned:
                    _send(connection, self._for_learner(learner))
            await asyncio.sleep(EVERY)

    def _save(self) -> None:
        try:
            self.storage.save()
        except OSError as error:  # the disk is full: the class goes on, a restart would lose it
            log.warning("the class could not be saved: %s", error)


def _send(connection: ServerConnection, text: str) -> None:
    """Send without waiting; drop a client that does not read."""
    broadcast({connection}, text)
    if connection.transport.get_write_buffer_size() > MOST_PENDING:
        connection.transport.abort()


class _Goodbye(Exception):
    """A connection is closed; the text says why."""

    def __init__(self, text: str, code: CloseCode = CloseCode.POLICY_VIOLATION) -> None:
        super().__init__(text)
        self.code = code
