"""The first exercise of lesson 18."""

import contextlib
import json
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from wsdemo.checks import Misconception, NotYet, OutOfTime, exercise
from wsdemo.checks._apps import Layer, Message, served_app
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._mishaps import describe
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import PATIENCE
from wsdemo.checks._trial import in_time

TEXTS = ("Dinner is ready", "100 % & more: \N{SNOWMAN}?")


class _Room:
    """The learner's room with its members, and one announcement after the other.

    Attributes:
        members: the clients that have come.
        gone: the members that are gone; their handlers have not noticed it.
        sent: how many members the last announcement was sent to.
    """

    def __init__(self, layer: Layer, url: str, stack: contextlib.AsyncExitStack) -> None:
        self.layer, self.url = layer, url
        self.members: list[Inbox] = []
        self.gone: list[Inbox] = []
        self.sent = 0
        self._stack = stack
        self._plan: list[str] = []
        layer.on_send = self._on_send

    async def join(self) -> Inbox:
        """Connect one more client; its handler runs when this returns."""
        before = self.layer.running
        try:
            url = f"{self.url}/room?{len(self.members)}"  # each has a number
            joining = connect(url, close_timeout=0.5, compression=None)
            member = Inbox(await self._stack.enter_async_context(joining))
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            raise NotYet(f"leave the route /room as it is: it answers HTTP {status}") from None
        await until(lambda: self.layer.running > before)
        await member.in_step()
        self.members.append(member)
        return member

    async def announce(self, text: str, *plan: str) -> tuple[int, str, str]:
        """Post an announcement.

        Args:
            text: what is announced.
            plan: what happens at the first times when the app sends to a member: it is ``"gone"``,
                or another client ``"joins"``; afterwards nothing does.

        Returns:
            The status, the body, and what the app has raised.
        """
        import aiohttp

        self.sent, self._plan = 0, list(plan)
        self.layer.errors.clear()
        post = aiohttp.ClientSession()
        async with post, post.post(self._address(), params={"text": text}) as response:
            status, body = response.status, await response.text()
        for each in self.members:
            await each.in_step()
        raised = self.layer.errors[-1:]
        return status, body, describe(raised[0]) if raised else ""

    async def notice(self) -> None:
        """Let the handlers of those that are gone notice it."""
        before = self.layer.running
        for each in self.gone:
            self.members.remove(each)
            await each.client.close()
        await until(lambda: self.layer.running <= before - len(self.gone))

    def _address(self) -> str:
        return self.url.replace("ws://", "http://") + "/announce"

    async def _on_send(self, scope: Message, message: Message) -> None:
        if scope["type"] != "websocket" or message["type"] != "websocket.send":
            return
        event = self._plan.pop(0) if self._plan else ""
        if event == "gone":
            self.gone.append(self.members[int(scope["query_string"])])
            raise OSError("the client is gone")
        if event == "joins":
            await self.join()
        self.sent += 1


@exercise("18.1")
async def pushed(app: Any) -> str:
    """Check a push to members of whom one is gone, and while another joins."""
    async with served_app(app) as (layer, url), contextlib.AsyncExitStack() as stack:
        room = _Room(layer, url, stack)
        for _ in range(3):
            await room.join()
        await _announce(room, TEXTS[0], "three members are there")
        await _announce(room, TEXTS[1], "one of three members is gone", "gone")
        await room.notice()
        await _announce(room, TEXTS[0], "another client joins while you send", "", "joins")
    return "everyone who is there receives each announcement, and the count is right."


async def _announce(room: _Room, text: str, scene: str, *plan: str) -> None:
    there = list(room.members)
    before = [len(each.received) for each in there]
    try:
        status, body, raised = await in_time(room.announce(text, *plan))
    except OutOfTime:
        raise NotYet(
            f"POST /announce was not answered within {PATIENCE} s", input=Plain(scene)
        ) from None
    if room.layer.foreign:
        raise Misconception(
            "your route called send_text in a second event loop, in another thread. A connection "
            "belongs to the server's loop. Write `async def`: then your route runs in that loop, "
            "and can `await`.",
            input=Plain(scene),
        )
    received = [each.received[count:] for each, count in zip(there, before, strict=True)]
    evidence: dict[str, Any] = {"input": Plain(f"{text!r}; {scene}"), "received": received}
    if status != 200:
        _explain(status, raised, evidence)
    gone = plan[:1] == ("gone",)
    _expect_delivered(text, received, gone, evidence)
    _expect_count(room, body, len(there), gone, evidence)


def _explain(status: int, raised: str, evidence: dict[str, Any]) -> None:
    """Raise a finding about an answer other than 200."""
    evidence["received"] = Plain(f"HTTP {status}{f'; raised {raised}' if raised else ''}")
    if "changed size" in raised:
        raise Misconception(
            "a client joined while your route was waiting in `send_text`, and the set changed "
            "while you were looping over it. Loop over a copy: `list(members)`.",
            **evidence,
        )
    if raised.startswith("WebSocketDisconnect"):
        raise Misconception(
            "one member was gone, and its exception ended the whole route. Catch it for each "
            "member, around the single `send_text`.",
            **evidence,
        )
    if "no running event loop" in raised or "no current event loop" in raised:
        raise Misconception(
            "a `def` route runs in another thread, where no event loop runs. Write `async def`.",
            **evidence,
        )
    if status in (404, 405, 422):
        raise NotYet(
            "`POST /announce?text=…` must reach your route, with a parameter `text: str`",
            **evidence,
        )
    raise NotYet("your route failed", **evidence)


def _expect_delivered(
    text: str, received: list[list[Any]], gone: bool, evidence: dict[str, Any]
) -> None:
    missing = sum(not each for each in received)
    if missing == len(received) and not gone:
        raise NotYet("no member has received anything: await `send_text` for each", **evidence)
    if missing > gone:
        if gone:
            raise Misconception(
                "one member was gone, and others received nothing: your loop ended there. Put "
                "`try` inside of the loop, around the single `send_text`, and go on.",
                **evidence,
            )
        raise NotYet("send the text to every member", **evidence)
    if any(each not in ([], [text]) for each in received):
        raise NotYet("send the text once, and as it is: `send_text(text)`", **evidence)


def _expect_count(
    room: _Room, body: str, members: int, gone: bool, evidence: dict[str, Any]
) -> None:
    evidence |= {"expected": {"reached": room.sent}, "received": Plain(body)}
    try:
        answer = json.loads(body)
        reached = answer["reached"]
    except (ValueError, TypeError, KeyError):
        raise NotYet("return a dict with the key 'reached'", **evidence) from None
    if reached == room.sent and not isinstance(reached, bool):
        return
    if gone and reached == members:
        raise Misconception(
            "a member that is gone was counted as reached. Count after `send_text` has returned.",
            **evidence,
        )
    raise NotYet("`reached` is not the number of members that the text was sent to", **evidence)
