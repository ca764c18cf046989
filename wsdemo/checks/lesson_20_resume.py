"""The second exercise of lesson 20: an answer is read to its end, across cuts."""

import asyncio
import contextlib
import json
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._findings import Finding
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE, path_of, serving

TOKENS = (
    "Eve ",
    "ha ",
    "ha ",
    "pays ",
    "back ",
    "",
    "on ",
    '{"end": 8}',
    "Monday ",
    "or ",
    "so",
    ".",
)
"""Their numbers begin with 1."""

CUT, GOING_AWAY, END = "cut", "closed with 1001", "end"

# For each connection: the number that it must ask for, the numbers that it gets, and how it ends.
# Some numbers are repeated.
VISITS = (
    (0, range(1, 5), CUT),
    (4, range(3, 8), GOING_AWAY),
    (7, range(8, 12), CUT),
    (11, range(11, 13), END),
)

AWAY = 6
"""After the first cut, the server is away for so many more pauses."""


class Story:
    """A server that sends an answer in pieces, and is away for a while.

    Attributes:
        shown: the arguments of all calls of ``show``.
        visits: how many connections have come.
        pauses: how many pauses have been awaited.
        away: whether the server is away.
        fault: the first finding.
        task: the learner's function.
        told: whether the end was sent.
    """

    def __init__(self) -> None:
        self.shown: list[Any] = []
        self.visits = self.pauses = 0
        self.away = self.told = False
        self.fault: Finding | None = None
        self.task: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._called = self._paused_before = 0
        self._stack = contextlib.AsyncExitStack()
        self._port = 0

    async def open(self) -> str:
        """Serve, always on the same port, and return the address."""
        url = await self._stack.enter_async_context(serving(self._play, self._port))
        self._port = int(url.rpartition(":")[2])
        self.away = False
        return url

    async def close(self) -> None:
        """Stop serving."""
        self.away = True
        await self._stack.aclose()

    def show(self, token: Any) -> None:
        """Note a token."""
        self.shown.append(token)

    def pause(self) -> Awaitable[None]:
        """Note a call, and return an awaitable: the pause is noted when it has been awaited."""
        self._called += 1
        return self._pausing()

    async def _pausing(self) -> None:
        await asyncio.sleep(0.001)
        self.pauses += 1
        if self.visits == 1 and not self.away:
            await self.close()
            self._back = self.pauses + AWAY
        elif self.away and self.pauses == self._back:
            await self.open()

    async def _play(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            try:
                await self._visit(connection)
            except Finding as fault:
                self.fault = self.fault or fault

    async def _visit(self, connection: ServerConnection) -> None:
        self.visits += 1
        self._expect_pause()
        if self.visits > len(VISITS):
            raise Misconception("the end has come, and you connected again: return after the end")
        asked, numbers, how = VISITS[self.visits - 1]
        _expect_number(connection, asked)
        for number in numbers:
            await connection.send(json.dumps({"n": number, "token": TOKENS[number - 1]}))
        if how == END:
            self.told = True
            await connection.send(json.dumps({"end": len(TOKENS)}))
            return
        await until(
            lambda: len(self.shown) >= numbers[-1] or self.task.done() or not self.right_so_far,
            PATIENCE / 2,
        )
        await settle()
        shown = len(self.shown)
        if shown == 9 and self.right_so_far and not self.task.done():
            raise Misconception(
                "the tokens from number 10 on were not shown: as texts, '10' is less than '9'. "
                "Compare numbers.",
                expected=list(TOKENS[: numbers[-1]]),
                received=self.shown,
            )
        if how == CUT:
            connection.transport.abort()
        else:
            await connection.close(1001, "restart")
        if self.right_so_far and shown < numbers[-1] and not self.task.done():
            await self._explain_silence(shown, number=numbers[-1])

    @property
    def right_so_far(self) -> bool:
        """Whether all tokens that were shown are right."""
        return self.shown == list(TOKENS[: len(self.shown)])

    async def _explain_silence(self, shown: int, number: int) -> None:
        """Say why tokens were not shown before the connection ended."""
        await until(lambda: len(self.shown) > shown, 0.5)
        if len(self.shown) > shown and self.right_so_far:
            raise Misconception(
                "your function called show only when the connection had ended. Call show as soon "
                "as a token comes: people read while the model writes.",
                input=Plain(f"the server sent the tokens up to number {number}, and waited"),
                expected=list(TOKENS[:number]),
                received=self.shown[:shown],
            )
        raise NotYet(
            "tokens came, and show was not called: call show with the token of each message",
            expected=list(TOKENS[:number]),
            received=self.shown,
        )

    async def goes_on(self) -> bool:
        """Wait until something new has happened, and return whether the story goes on."""
        before = self._progress
        changed = await until(lambda: self._over or self._progress != before)
        return changed and not self._over

    @property
    def _progress(self) -> tuple[int, ...]:
        return len(self.shown), self.visits, self.pauses

    @property
    def _over(self) -> bool:
        return self.task.done() or self.fault is not None or not self.right_so_far

    def _expect_pause(self) -> None:
        if self.visits == 1 and self.pauses:
            raise Misconception("you paused before the first try: connect at once")
        if self.visits > 1 and self.pauses == self._paused_before:
            if self._called > self.pauses:
                raise Misconception(
                    "you called `pause()`, and did not await it: so nothing pauses. Write "
                    "`await pause()`."
                )
            raise Misconception(
                "a connection ended, and you connected again without `await pause()`. A server "
                "that restarts would get all its clients back at once, again and again."
            )
        self._paused_before = self.pauses


def _expect_number(connection: ServerConnection, asked: int) -> None:
    path = path_of(connection)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    happened = {"expected": Plain(f"/?after={asked}"), "received": Plain(path)}
    number = query.get("after", "" if asked or path != "/" else "0")
    if asked and number in ("", "0"):
        raise Misconception(
            f"tokens up to number {asked} have been shown, the connection ended, and you asked for "
            "the answer from the beginning. Ask for what comes after the last token.",
            **happened,
        )
    if not number.isdecimal():
        raise NotYet("connect to f'{url}/?after={n}'", **happened)
    if int(number) > asked:
        raise Misconception(
            f"the last token that was shown has number {asked}, and you asked for those after "
            f"{number}: a token is left out.",
            **happened,
        )
    if int(number) < asked:
        raise Misconception(
            f"the last token that was shown has number {asked}, and you asked for those after "
            f"{number}: your function gets a token that it has shown.",
            **happened,
        )


@exercise("20.2")
async def read_answer(function: Callable[..., Any]) -> str:
    """Check a client by cuts, a restart, and tokens that come twice."""
    story = Story()
    url = await story.open()
    task = story.task = asyncio.ensure_future(function(url, story.show, story.pause))
    try:
        while await story.goes_on():
            pass
        await settle()
        _judge(story, task)
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)
        await story.close()
    return "each token is shown once, in order, as soon as it comes, across four connections."


def _judge(story: Story, task: "asyncio.Future[Any]") -> None:
    _expect_right_tokens(story.shown)
    if story.fault:
        raise story.fault
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, OSError):
        raise Misconception(
            "the server was away, as in a restart, and your function raised an OSError. That may "
            "pass: pause, and try again.",
            input=Plain("a cut after token 4, and then no server at the port"),
            received=error,
        )
    if isinstance(error, ConnectionClosed):
        raise Misconception(
            f"a connection ended before the end of the answer, and your function raised "
            f"{type(error).__name__}. Pause, and connect again.",
            input=Plain(f"connection {story.visits}: {VISITS[story.visits - 1][2]}"),
            received=error,
        )
    if error:
        raise error
    if not story.visits:
        raise NotYet(
            "your function has not connected to `url`", received=Plain(f"returned {_result(task)}")
        )
    if len(story.shown) < len(TOKENS):
        _explain_missing(story, task.done())
    if not task.done():
        raise NotYet(
            "the end has come, and your function goes on: return", received=Plain("no return")
        )


def _result(task: "asyncio.Future[Any]") -> str:
    return repr(task.result()) if task.done() else "nothing so far"


def _expect_right_tokens(shown: list[Any]) -> None:
    for index, (token, right) in enumerate(zip(shown, TOKENS, strict=False)):
        if token == right:
            continue
        happened = {"expected": list(TOKENS[: index + 1]), "received": shown[: index + 1]}
        if not index:
            raise NotYet("call show with the token, and with nothing else", **happened)
        if right == "":
            raise Misconception(
                f"token {index + 1} is an empty text, and it was left out: an empty token is a "
                "token like any other.",
                **happened,
            )
        if right == TOKENS[index - 1]:
            raise Misconception(
                f"token {index + 1} was left out: token {index} has the same text. Two tokens with "
                "equal texts are two tokens; tell them apart by their numbers.",
                **happened,
            )
        if token in TOKENS[:index]:
            number = TOKENS.index(token) + 1
            raise Misconception(
                f"token {number} was shown twice. After a cut, the server may repeat tokens: leave "
                "out those whose number you have had.",
                **happened,
            )
        raise Misconception(
            f"token {index + 1} is wrong, or a token before it is missing", **happened
        )
    if len(shown) > len(TOKENS):
        raise Misconception(
            "a token was shown twice: leave out those whose number you have had",
            expected=list(TOKENS),
            received=shown,
        )


def _explain_missing(story: Story, returned: bool) -> None:
    shown = len(story.shown)
    happened = {"expected": list(TOKENS), "received": story.shown}
    if returned and story.visits == 1 and story.pauses > 1:
        raise Misconception(
            f"the server was away, and you gave up after {story.pauses} pauses, with a part of the "
            "answer. Try again, as often as it takes.",
            **happened,
        )
    if returned and VISITS[story.visits - 1][2] == GOING_AWAY:
        raise Misconception(
            "the server closed the connection with 1001, as it does when it restarts, and your "
            "function returned with a part of the answer. After 1000 and 1001 `async for` ends "
            'without an exception: only the message with "end" is the end.',
            **happened,
        )
    if returned and shown and TOKENS[shown] == '{"end": 8}':
        raise Misconception(
            'the text {"end": 8} came inside a token, and you took it for the end. Parse the '
            'message first: {"n": 8, "token": …} is a token, whatever its text is.',
            **happened,
        )
    if returned:
        raise Misconception(
            "a connection ended before the end of the answer, and your function returned. Pause, "
            "and connect again.",
            input=Plain(f"connection {story.visits}: {VISITS[story.visits - 1][2]}"),
            **happened,
        )
    raise NotYet(
        "a connection ended before the end of the answer, and your function does nothing more",
        **happened,
    )


# A verdict names a coroutine that is never awaited.
Story._pausing.__qualname__ = "pause"
