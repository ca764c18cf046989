"""The experiment of lesson 03 shows what it is for, with both kinds of room."""

import asyncio

import pytest
from websockets.asyncio.server import broadcast

from wsdemo import draw
from wsdemo.scenes.slow_reader import COUNT, share_photos


def a_room(pass_on):
    members = set()

    async def chat(connection):
        members.add(connection)
        try:
            async for message in connection:
                await pass_on(members, message)
        finally:
            members.discard(connection)

    return chat


async def one_after_the_other(members, message):
    for member in members:
        await member.send(message)


async def all_at_once(members, message):
    broadcast(members, message)


@pytest.mark.parametrize(
    ("pass_on", "asleep", "awake"),
    [
        (one_after_the_other, "nobody", "nobody"),
        (all_at_once, "ana, eve", "ana, bob, eve"),
    ],
    ids=["loop", "broadcast"],
)
def test_who_gets_all_photos(pass_on, asleep, awake):
    photos = asyncio.run(share_photos(a_room(pass_on)))
    assert (photos.asleep, photos.awake) == (asleep, awake)
    assert len(photos._sent) == COUNT


def test_the_picture_has_its_words(monkeypatch):
    shown = []
    monkeypatch.setattr(draw, "show", lambda axes, text: shown.append((axes, text)))
    asyncio.run(share_photos(a_room(all_at_once))).show("Bob is last.")
    [(axes, text)] = shown
    assert text == "Bob is last."
    assert [each.get_text() for each in axes.get_yticklabels()] == [
        "bob",
        "eve",
        "ana",
        "ana sends",
    ]
    low, high = axes.get_ylim()
    assert low < 0
    assert high > 3  # no stroke is cut at the edge
