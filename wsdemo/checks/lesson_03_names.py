"""The second exercise of lesson 03: names that belong to connections."""

from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import settle, until
from wsdemo.checks._members import Member
from wsdemo.checks._plain import Plain
from wsdemo.checks._rooms import (
    as_object,
    check_message,
    check_quiet,
    check_slow_member,
    in_json,
    is_error,
    join,
    raise_ended,
)
from wsdemo.checks._trial import Trial, trial


@exercise("03.2")
async def identity(handler: Any) -> str:
    """Check ``async def chat(connection, room)``, with a dict for the room."""
    room: dict[Any, Any] = {}
    elsewhere: dict[Any, Any] = {}
    async with (
        trial(lambda connection: handler(connection, room)) as served,
        trial(lambda connection: handler(connection, elsewhere)) as other,
    ):
        members = ana, eve, zoe, _ = await join(served, "ana", "eve", "zoe", "lou")
        await _check_speaking(ana, "ana", members)
        await _check_speaking(eve, "eve", members)
        await _check_speaking(eve, "eve", members, after="used it once")
        await _check_second_name(eve, members)
        await _check_speaking(eve, "eve", members, after="tried another")
        await _check_taken_name(zoe, members)
        await _check_speaking(zoe, "Zoe", members, after="tried a taken one")
        await _check_names(served, other, members)
        for politely in (True, False):
            ana = await _check_return(served, ana, politely)
            for each in members[1:]:
                await check_message(each, "ana", "It is me")
        await _check_second_try(served, ana, members[1:])
        await check_slow_member(served, eve, zoe, lambda word: in_json("eve", word))
    return (
        "a second name and a taken name were refused, and only their senders got the errors. Ana "
        "came back with her name."
    )


REFUSED_ITS_OWN = {
    "": "{user!r} is free, and it is the first name of {name}: accept it.",
    "used it once": "{user!r} is the name of {name}, who had used it before. Compare a name with "
    "the connection's own first: only the name of another connection is taken.",
    "tried another": "{user!r} is the name of {name}, who had meanwhile tried others and was "
    "refused. A name that was refused changes nothing: the first accepted name remains.",
    "tried a taken one": "{user!r} is free. {name} had first tried 'ana', which is taken, and was "
    "refused. Only an accepted name is bound: after a refusal, a client can choose another.",
}
"""Diagnoses when a member's own name is refused, by what the member did before."""


async def _check_speaking(
    speaker: Member, user: str, members: list[Member], after: str = ""
) -> None:
    message = f'I am "{user}"'
    await speaker.send(in_json(user, message))
    await until(lambda: speaker.more or speaker.ended)
    if speaker.more and is_error(speaker.more[0]):
        raise Misconception(
            "a client got an error, although it may use this name: "
            + REFUSED_ITS_OWN[after].format(user=user, name=speaker.name.capitalize()),
            input=in_json(user, message),
            expected=Plain("the same, with a timestamp"),
            received=speaker.more[0],
        )
    for each in (speaker, *[each for each in members if each is not speaker]):
        await check_message(each, user, message)
    await settle()


def _impostor(why: str, user: str = "ana") -> Misconception:
    """Return the finding for a room that accepted this name from another client."""
    return Misconception(why, input=in_json(user, "It is me"), expected=Plain("an error"))


async def _check_second_name(eve: Member, members: list[Member]) -> None:
    others = [each for each in members if each is not eve]
    for user in ("dan", "eve2"):
        if not await _is_accepted(eve, user):
            continue
        if await _is_accepted(eve, "ana"):
            raise _impostor(
                "Eve wrote 'ana' into a message, and the room received a message of Ana. You trust "
                "data['user']; only the connection says who is speaking.",
            )
        raise _impostor(
            f"Eve could not be Ana, but she was Eve, and then {user!r}: her name is bound only "
            "until she writes another. The first name must stay.",
            user,
        )
    if await _is_accepted(eve, "ana"):
        raise _impostor(
            "Eve wrote 'ana' into a message, and it was accepted. Only the connection says who is "
            "speaking.",
        )
    check_quiet(others, "eve was refused, and an error is for its sender only.")


async def _check_taken_name(zoe: Member, members: list[Member]) -> None:
    if await _is_accepted(zoe, "ana"):
        raise _impostor(
            "Zoe's first name was 'ana', and now there are two Anas. It is not enough to bind a "
            "name to a connection: no two connections may have the same name.",
        )
    others = [each for each in members if each is not zoe]
    check_quiet(others, "zoe was refused, and an error is for its sender only.")


async def _check_names(served: Trial, other: Trial, members: list[Member]) -> None:
    """Try names that are part of others, and one that is taken in another room only."""
    [dora] = await join(other, "dora")
    if not await _is_accepted(dora, "ana"):
        raise Misconception(
            "the name 'ana' is taken in one room, and was refused in another. Use the `room` that "
            "you are given."
        )
    check_quiet(members, "it was sent in another room. Use the `room` that you are given.")
    [ann] = await join(served, "ann")
    if not await _is_accepted(ann, "an"):
        raise NotYet("the name 'an' is free, although 'ana' is taken: compare whole names")
    for each in members:
        await check_message(each, "an", "It is me")
    await served.leave(ann.client, len(served.there) - 1)
    [mia] = await join(served, "mia")
    await _is_accepted(mia, "ana")
    await served.leave(mia.client, len(served.there) - 1)
    [max_] = await join(served, "max")
    if await _is_accepted(max_, "ana"):
        raise Misconception(
            "Mia tried the name 'ana', was refused, and left. Then the name was free, although "
            "Ana is still here: a connection may release only its own name."
        )
    await served.leave(max_.client, len(served.there) - 1)
    await settle()
    check_quiet(members, "it was refused, and an error is for its sender only.")


async def _check_return(served: Trial, ana: Member, politely: bool) -> Member:
    number = [each.remote_address for each in served.there].index(ana.client.local_address)
    await served.leave(ana.client, number, politely=politely)
    [again] = await join(served, "ana")
    if not await _is_accepted(again, "ana"):
        how = "closed her connection" if politely else "was cut off"
        if await _comes_back(served, politely):
            raise Misconception(
                f"Ana {how}, came back, and could not use her name. Others had tried it while it "
                "was taken, and were refused. A client whose name nobody else had tried could "
                "use it again: so do not keep names that were refused. A name is taken as long "
                "as its owner is connected.",
                input=in_json("ana", "It is me"),
                expected=Plain("the same, with a timestamp"),
            )
        raise Misconception(
            f"Ana {how}, came back, and could not use her name: it still belonged to her old "
            "connection. Release it in `finally`."
        )
    return again


async def _comes_back(served: Trial, politely: bool) -> bool:
    """Return whether a client has its name again, if nobody else has tried that name."""
    [kim] = await join(served, "kim")
    accepted = await _is_accepted(kim, "kim")
    await served.leave(kim.client, len(served.there) - 1, politely=politely)
    [again] = await join(served, "kim")
    return accepted and await _is_accepted(again, "kim")


async def _check_second_try(served: Trial, ana: Member, others: list[Member]) -> None:
    """Let a client try a name while it is taken, and again when its owner has left."""
    lou = others[-1]
    if await _is_accepted(lou, "ana"):
        raise _impostor(
            "Ana left, came back with her name, and then Lou could use it, too: bind the name to "
            "the new connection.",
        )
    number = [each.remote_address for each in served.there].index(ana.client.local_address)
    await served.leave(ana.client, number)
    if not await _is_accepted(lou, "ana"):
        raise Misconception(
            "Lou tried the name 'ana' while it was taken, and was refused. Then Ana left, Lou "
            "tried it again, and was refused again, although the name is free: do not keep what a "
            "client has tried.",
            input=in_json("ana", "It is me"),
            expected=Plain("the same, with a timestamp"),
        )
    for each in others[:-1]:
        await check_message(each, "ana", "It is me")


async def _is_accepted(member: Member, user: str) -> bool:
    """Try a name; return whether the room accepted it.

    Raises:
        NotYet: the message was neither passed on nor answered with an error.
    """
    text = in_json(user, "It is me")
    await member.send(text)
    received = await member.receive()
    data = as_object(received)
    if "error" in data:
        await settle()
        if member.more:
            raise Misconception(
                "a message was refused with an error, and also passed on",
                input=text,
                received=[received, *member.more],
            )
        return False
    if data.get("user") == user:
        return True
    values = {"input": text, "expected": Plain('{"error": …} to its sender, or the message')}
    if received is not None:
        raise NotYet("a message was passed on under another name", **values, received=received)
    raise_ended(member, values)
    raise NotYet(f"{member.name} wrote the name {user!r}, and received nothing", **values)
