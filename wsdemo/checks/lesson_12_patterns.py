"""The first exercise of lesson 12."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE, serving
from wsdemo.checks._stalls import BUSY, Stalls, TooBusy
from wsdemo.checks._trial import in_time

AT_ONCE = 20
"""How many requests are pending at the same time; there are two of each."""

GIVEN_UP_AFTER = (0.2, 0.5)
"""Time limits, in seconds, of the requests that get no reply."""


class _Client(ClientConnection):
    """A client whose ``send`` may take long enough for the reply to come first."""

    replies = 0
    slow = False

    async def send(self, *arguments: Any, **options: Any) -> None:
        before = self.replies
        await super().send(*arguments, **options)
        if self.slow:
            await until(lambda: self.replies > before)


class _Desk:
    """A server that replies when the check wants it, and a task that reads the replies.

    Attributes:
        pending: what the learner's function keeps: a future for each id.
        requests: the requests that the server has received, and that were not yet taken.
        used: all ids so far, as JSON.
        unknown: the ids of replies for which there was no future.
        prompt: whether the server replies at once, with the request's action.
    """

    def __init__(self, ask: Callable[..., Any]) -> None:
        self.pending: dict[Any, asyncio.Future[Any]] = {}
        self.requests: list[str | bytes] = []
        self.used: set[str] = set()
        self.unknown: list[Any] = []
        self.prompt = False
        self._ask = ask
        # A caller may keep its request, and send it again.
        self._questions: dict[str, dict[str, Any]] = {}

    async def handler(self, connection: ServerConnection) -> None:
        """Keep each request."""
        self._connection = connection
        async for message in connection:
            self.requests.append(message)
            if self.prompt:
                [request] = await self.take(1)
                await self.reply(request["id"], request["action"])

    async def reply(self, number: Any, data: Any) -> None:
        """Reply to a request."""
        await self._connection.send(json.dumps({"id": number, "data": data}))

    async def read(self, client: _Client) -> None:
        """Give each reply to its future."""
        self._client = client
        async for text in client:
            reply = json.loads(text)
            number = reply["id"]
            future = None if isinstance(number, list | dict) else self.pending.get(number)
            if future is None:
                self.unknown.append(number)
            elif not future.done():
                future.set_result(reply["data"])
            client.replies += 1

    async def ask(self, action: str, seconds: float) -> Any:
        """Call the learner's function."""
        question = self._questions.setdefault(action, {"action": action})
        return await self._ask(self._client, self.pending, question, seconds)

    async def take(self, count: int, *asked: asyncio.Task[Any]) -> list[dict[str, Any]]:
        """Return the next requests, once the server has received so many.

        Raises:
            NotYet: there are fewer, or one of them is not a JSON object with an id.
            Misconception: an id is not new.
        """
        await until(lambda: len(self.requests) >= count or any(each.done() for each in asked))
        parsed = [_parse(each) for each in self.requests[:count]]
        for each in asked:
            if each.done():
                _expect_no_time_out(each)
                raise NotYet("no reply has been sent yet, but ask returned", received=each.result())
        if len(self.requests) < count:
            raise NotYet(
                f"{count} requests were made at the same time, and the server has received "
                f"{len(self.requests)} of them: send each without waiting for the others"
            )
        del self.requests[:count]
        ids = [json.dumps(each["id"]) for each in parsed]
        for number, request in zip(ids, parsed, strict=True):
            if self._questions.get(str(request["action"]), {}).get("id") == request["id"] and (
                ids.count(number) > 1 or number in self.used
            ):
                raise Misconception(
                    "a request was sent twice, the second time with the id of the first: your "
                    "function had put the id into the caller's dict, and found it there again. "
                    "Send a new dict, with a new id.",
                    input=Plain("the same dict, twice"),
                    received=request,
                )
            if ids.count(number) > 1:
                raise Misconception(
                    "two requests that were pending at the same time had the same id, so nobody "
                    "can know which of them a reply belongs to. Give each request an id of its "
                    "own.",
                    received=[each for each in parsed if json.dumps(each["id"]) == number],
                )
            if number in self.used:
                raise Misconception(
                    "an id was used for another request before. If the reply to that request "
                    "comes late, it is taken for the reply to this one: never use an id again.",
                    received=parsed[ids.index(number)],
                )
        self.used.update(ids)
        return parsed

    def expect_nothing_pending(self, event: str, repair: str) -> None:
        """Raise a diagnosis if an entry is left."""
        if self.pending:
            raise Misconception(
                f"a request {event}, and its entry is still in pending, which grows with every "
                f"such request. {repair}",
                expected={},
                received=self.pending,
            )


def _expect_no_time_out(asked: asyncio.Task[Any], replied: bool = False) -> None:
    if isinstance(asked.exception(), TimeoutError):
        why = " The only reply so far was 0, which is a result like any other." if replied else ""
        raise Misconception(
            f"ask was called with seconds={2 * PATIENCE}, and raised TimeoutError too early, long "
            f"before this time was over.{why}"
        )


def _parse(message: str | bytes) -> dict[str, Any]:
    try:
        request = json.loads(message)
    except ValueError:
        raise NotYet("send the request as JSON", received=message) from None
    if not isinstance(request, dict) or request.get("id") is None or "action" not in request:
        raise NotYet(
            "send the request with all that it contains, and with an id that is not null",
            expected='{"action": …, "id": …}',
            received=message,
        )
    return request


@exercise("12.1")
async def ask(answer: Callable[..., Any]) -> str:
    """Check a request by replies in another order, late ones, and some that never come."""
    desk = _Desk(answer)
    async with (
        serving(desk.handler) as url,
        connect(url, close_timeout=0.5, create_connection=_Client) as client,
    ):
        assert isinstance(client, _Client)
        reader = asyncio.create_task(desk.read(client))
        try:
            await _many_at_once(desk)
            async with Stalls() as stalls:
                await _given_up(desk, stalls)
            await _late(desk)
            await _cancelled(desk)
            await _prompt(desk, client)
        finally:
            reader.cancel()
        await client.close()
        with contextlib.suppress(Exception):
            await in_time(desk.ask("too late", GIVEN_UP_AFTER[0]))
        await settle()
        desk.expect_nothing_pending(
            "could not be sent, because the connection was closed", "Send inside of the `try`, too."
        )
    return "each reply finds its request, in any order, and nothing is left in pending."


async def _many_at_once(desk: _Desk) -> None:
    actions = [f"read {number // 2}" for number in range(AT_ONCE)]
    asked = [asyncio.create_task(desk.ask(each, 2 * PATIENCE)) for each in actions]
    try:
        requests = await desk.take(AT_ONCE, *asked)
        await _expect_entries(desk, requests, asked)
        replies: dict[str, list[Any]] = {each: [] for each in actions}
        for count, request in enumerate(reversed(requests)):
            data = [0, f"reply {count}"][count > 0]
            replies[request["action"]].append(data)
            await desk.reply(request["id"], data)
            if not count:
                await until(lambda: any(each.done() for each in asked))
                await _expect_entries(desk, requests[:-1], asked)
        await asyncio.wait(asked, timeout=PATIENCE)
        await settle()
        for action, expected in replies.items():
            twins = [task for task, name in zip(asked, actions, strict=True) if name == action]
            results = [each.result() if each.done() else "…nothing yet" for each in twins]
            if sorted(map(repr, results)) != sorted(map(repr, expected)):
                raise NotYet(
                    "return the result of the future with the id of the request",
                    input=Plain(f"{len(twins)} of {AT_ONCE} requests, with the action {action!r}"),
                    expected=expected,
                    received=results,
                )
    finally:
        for each in asked:
            each.cancel()
    desk.expect_nothing_pending("was answered", "Remove the entry when you are done, in `finally`.")


async def _expect_entries(
    desk: _Desk, requests: list[dict[str, Any]], asked: list[asyncio.Task[Any]]
) -> None:
    await settle()
    for each in asked:
        if each.done():
            _expect_no_time_out(each, replied=len(requests) < AT_ONCE)
            each.result()
    for request in requests:
        number = request["id"]
        if isinstance(number, list | dict) or number not in desk.pending:
            count = len(desk.pending)
            raise Misconception(
                "a request has no entry in pending while its reply has not come: "
                + (
                    "its id is not one of the keys."
                    if count >= len(requests)
                    else "remove no entries of other requests, and add one for each."
                ),
                input=request,
                received=Plain(f"{count} entries in pending, with the keys {list(desk.pending)}"),
            )


async def _given_up(desk: _Desk, stalls: Stalls) -> None:
    loop = asyncio.get_running_loop()

    async def timed(seconds: float) -> tuple[float, Any]:
        began = loop.time()
        outcomes = await asyncio.gather(desk.ask("never", seconds), return_exceptions=True)
        return loop.time() - began, outcomes[0]

    asked = {each: asyncio.create_task(timed(each)) for each in GIVEN_UP_AFTER}
    began = loop.time()
    try:
        await until(lambda: len(desk.requests) >= len(asked))
        for seconds, task in asked.items():
            limit = 1.5 * seconds
            await asyncio.wait([task], timeout=began + limit - loop.time())
            await settle()
            if not task.done():
                # A wait that is twice as long does not end in this time; one that stalls does.
                await asyncio.wait([task], timeout=0.9 * (began + 2 * seconds - loop.time()))
                if task.done() and stalls.seconds > BUSY / 3:
                    raise TooBusy
                raise Misconception(
                    f"no reply came, and ask still waited after {limit:.2f} s. It was called with "
                    f"seconds={seconds}: raise TimeoutError then."
                )
            after, outcome = task.result()
            if not isinstance(outcome, TimeoutError):
                if isinstance(outcome, BaseException):
                    raise Misconception(
                        "when no reply comes in time, raise TimeoutError.", received=outcome
                    ) from outcome
                raise Misconception(
                    "no reply came in time, and ask returned as if one had come: let the "
                    "TimeoutError out.",
                    received=outcome,
                )
            if after < 0.9 * seconds:
                text = f"ask was called with seconds={seconds}, and gave up too early, after"
                raise Misconception(f"{text} {after:.3f} s.")
    finally:
        for task in asked.values():
            task.cancel()
    desk.expect_nothing_pending(
        "was given up", "Nothing else removes the entry; `finally` does, however the wait ends."
    )


async def _late(desk: _Desk) -> None:
    late = await desk.take(len(GIVEN_UP_AFTER))
    asked = asyncio.create_task(desk.ask("next", 2 * PATIENCE))
    [request] = await desk.take(1, asked)
    for each in late:
        await desk.reply(each["id"], "too late")
    await desk.reply(request["id"], "in time")
    received = await in_time(asked)
    if received != "in time":
        raise Misconception(
            "a late reply to a request that was given up was taken for the reply to the next one.",
            expected="in time",
            received=received,
        )


async def _cancelled(desk: _Desk) -> None:
    asked = asyncio.create_task(desk.ask("cancelled", 2 * PATIENCE))
    await desk.take(1, asked)
    asked.cancel()
    await asyncio.wait([asked], timeout=PATIENCE)
    await settle()
    desk.expect_nothing_pending(
        "was cancelled", "`finally` runs then, and `except TimeoutError` does not."
    )


async def _prompt(desk: _Desk, client: _Client) -> None:
    desk.unknown.clear()  # of the replies that came late on purpose
    desk.prompt = client.slow = True
    try:
        received = await in_time(desk.ask("prompt", PATIENCE / 4))
    except TimeoutError:
        received = None
    if received != "prompt" and desk.unknown:
        raise Misconception(
            "the reply came before its future was in pending, and was lost: first add the future, "
            "then send."
        )
    if received != "prompt":
        raise NotYet(
            "a reply may come at once: return it like any other",
            expected="prompt",
            received=received,
        )
    client.slow = False
