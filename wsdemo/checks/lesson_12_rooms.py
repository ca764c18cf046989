"""The third exercise of lesson 12."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._sets import expect_in, expect_open, sets_with, sizes
from wsdemo.checks._trial import Trial, trial

SOON = 0.5
"""Seconds within which a connection ends after its handler has ended."""

KEYS = {"lobby": "0pen-to-many", "staff": "k3y-of-the-staff", "attic": "n0body"}


class _Key(str):
    """A key that notes what it is compared with by ``==`` or ``!=``."""

    compared: list[str]

    def __new__(cls, key: str, compared: list[str]) -> "_Key":
        self = super().__new__(cls, key)
        self.compared = compared
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and other:
            self.compared.append(other)
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def _join(room: str, *key: Any) -> dict[str, Any]:
    return {"action": "join", "room": room, **({"key": key[0]} if key else {})}


def _message(room: str, text: str) -> dict[str, str]:
    return {"action": "message", "room": room, "message": text}


NOT_ADMITTED = {
    "with a wrong key": _join("staff", "guess"),
    "with the key of another room": _join("staff", KEYS["lobby"]),
    "without a key": _join("staff"),
    "with an empty key": _join("staff", ""),
    "with the beginning of the key": _join("staff", KEYS["staff"][:3]),
    "with the key and more after it": _join("staff", KEYS["staff"] + "!"),
    "with a part of the key": _join("staff", KEYS["staff"][3:6]),
    "with the key in capitals": _join("staff", KEYS["staff"].upper()),
    "with a number for a key": _join("staff", 7),
    "with a key that is not ASCII": _join("staff", "clé"),
    "to a room that does not exist, without a key": _join("cellar"),
    "to a room that does not exist, with the key null": _join("cellar", None),
    "to a room that does not exist": _join("cellar", KEYS["lobby"]),
}


@exercise("12.3")
async def rooms(handler: Callable[..., Awaitable[None]]) -> str:
    """Check a handler by which clients join which rooms, and which clients get which messages."""
    compared: list[str] = []
    keys = {room: _Key(key, compared) for room, key in KEYS.items()}
    members: dict[str, set[Any]] = {room: set() for room in KEYS}
    async with trial(lambda connection: handler(connection, members, keys)) as served:
        inboxes = [Inbox(await served.join()) for _ in range(4)]
        for number, room in ((0, "lobby"), (0, "staff"), (1, "staff"), (2, "lobby")):
            request = _join(room, KEYS[room])
            await expect_in(inboxes[number], served.there[number], members, room, request)
        await inboxes[0].in_step()
        if served.there[0] not in members["lobby"]:
            raise Misconception(
                "a client joined the lobby and then the staff, and is no longer in the lobby. A "
                "client can be a member of several rooms.",
                input=_join("staff", KEYS["staff"]),
                received=sizes(members),
            )
        for way, request in NOT_ADMITTED.items():
            await _refused_join(way, request, inboxes[2], served.there[2], members)
        await _refused_messages(inboxes)
        await _delivered(inboxes)
        if compared:
            raise Misconception(
                "a key was compared with `==`, which takes longer if more of the key is right. "
                "Use hmac.compare_digest, as in lesson 05."
            )
        await _members_leave(served, inboxes, members)
    return "only clients with the key of a room join it, and only its members send to it."


async def _refused(inbox: Inbox, request: Any, what: str, wrongly: Callable[[], Any]) -> None:
    """Send a request, and wait for its error, or for what must not happen.

    Args:
        inbox: the client that sends it.
        request: one that must be refused.
        what: the request, in words.
        wrongly: returns whether it was not refused.
    """
    before = inbox.errors
    await inbox.send(request)
    await until(lambda: inbox.errors > before or inbox.ended or wrongly())
    if wrongly():
        return
    if inbox.ended:
        raise _ended(what, request, inbox)
    if inbox.errors == before:
        raise NotYet(f'reply with {{"error": …}} to {what}', input=request)


def _ended(what: str, request: Any, inbox: Inbox) -> Misconception:
    return Misconception(
        f"{what} ended the connection: reply with an error, and go on.",
        input=request,
        expected=Plain('{"error": …}'),
        received=Plain(f"the connection was closed with {inbox.client.close_code}"),
    )


async def _refused_join(
    way: str,
    request: dict[str, Any],
    inbox: Inbox,
    connection: ServerConnection,
    members: dict[str, set[Any]],
) -> None:
    def wrongly() -> object:
        return "cellar" in members or set(sets_with(connection, members)) - {"lobby"}

    await _refused(inbox, request, f"a join {way}", wrongly)
    if "cellar" in members:
        raise Misconception(
            f"a join {way}: now there is such a room. A client that makes a million rooms fills "
            "your memory: do not add a room to the dict.",
            input=request,
            received=list(members),
        )
    rooms = sets_with(connection, members)
    if "lobby" not in rooms and await until(lambda: inbox.ended, SOON):
        raise _ended(f"a join {way}", request, inbox)
    if "lobby" not in rooms:
        raise Misconception(
            f"after a join {way}, the client is no longer in the lobby.",
            input=request,
        )
    if rooms != ["lobby"]:
        raise Misconception(
            f"a client has joined a room {way}. Only the key of this room opens it.", input=request
        )


async def _refused_messages(inboxes: list[Inbox]) -> None:
    for number, room, what in (
        (2, "staff", "a message to a room that its sender is not in (it is in another one)"),
        (3, "lobby", "a message to a room that its sender is not in"),
        (0, "cellar", "a message to a room that does not exist"),
        (0, "attic", "a message to an empty room"),
    ):
        text = f"from outside to the {room}"

        def wrongly(text: str = text) -> bool:
            return any(each.count(text) > each.errors for each in inboxes)

        request = _message(room, text)
        await _refused(inboxes[number], request, what, wrongly)
        if wrongly():
            raise Misconception(
                f"{what} was passed on. Check at each message whether its sender is a member of "
                "this room, not only when it joins.",
                input=request,
            )


async def _delivered(inboxes: list[Inbox]) -> None:
    for number, room, to in ((0, "staff", {0, 1}), (0, "lobby", {0, 2}), (1, "staff", {0, 1})):
        text = f"from client {number} in the {room}"
        request = _message(room, text)
        sender, errors = inboxes[number], inboxes[number].errors
        await sender.send(request)
        await until(
            lambda text=text, to=to, sender=sender, errors=errors: (  # type: ignore[misc]
                sender.ended
                or sender.errors > errors
                or all(inboxes[each].count(text) for each in to)
            )
        )
        expect_open(sender, request)
        if sender.errors > errors:
            raise Misconception(
                "a member of two rooms has sent a message to one of them, and got an error.",
                input=request,
            )
        got = {each for each, inbox in enumerate(inboxes) if inbox.count(text)}
        if got - to:
            raise Misconception(
                f"a message to the {room} has reached a client that is not a member of this room.",
                input=request,
            )
        if number not in got:
            raise NotYet("a message must reach its sender, too", input=request)
        if got != to:
            raise NotYet("a message must reach all members of its room", input=request)
        copies = [each for each in sender.received if json.dumps(text) in str(each)]
        if len(copies) > len(set(copies)):
            raise Misconception(
                "the sender of a message received it twice. The sender is one of the members, so "
                "it gets each message once, as they do.",
                input=request,
                received=copies,
            )
        if any(inboxes[each].count(text) > 1 for each in to - {number}):
            raise Misconception("a member received the same message twice.", input=request)


async def _members_leave(served: Trial, inboxes: list[Inbox], members: dict[str, set[Any]]) -> None:
    for number, politely in ((1, False), (2, True)):
        await served.leave(inboxes[number].client, number, politely)
        await settle()
        if rooms := sets_with(served.there[number], members):
            raise Misconception(
                f"a client has disconnected, and is still in the room {rooms[0]!r}: remove it "
                "from all rooms in `finally`.",
                received=sizes(members),
            )
    request = _message("staff", "after all have left")
    await inboxes[0].send(request)
    await until(lambda: inboxes[0].ended or inboxes[0].count(request["message"]))
    expect_open(inboxes[0], request)
    if not inboxes[0].count(request["message"]):
        raise NotYet("a message must reach the members who are left", input=request)
    request = _join("attic", KEYS["attic"])
    late = Inbox(await served.join())
    await late.send(request)
    if not await until(lambda: late.ended or served.there[-1] in members.get("attic", ())):
        late_ended = "nothing happened"
    else:
        late_ended = f"a close with {late.client.close_code}" if late.ended else ""
    if late_ended:
        raise Misconception(
            "clients have left, and now nobody can join an empty room: keep its set in the dict, "
            "also when it is empty.",
            input=request,
            expected=list(KEYS),
            received=Plain(f"{late_ended}; the rooms are {list(members)}"),
        )
