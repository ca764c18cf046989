"""Answers to exercise 11.1, state and changes: mistakes, no answers yet, right ones."""

import asyncio
import contextlib
import functools
import itertools
import json

from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed


def feeds(first=json.dumps, then=json.dumps, count=None):
    """Make a feed that sends something else than the state or the changes, or only some."""

    async def feed(connection, state, changes):
        if first:
            await connection.send(first(state))
        for _ in itertools.repeat(None) if count is None else range(count):
            await connection.send(then(await changes.get()))
        await connection.wait_closed()

    return feed


def with_state(send_change):
    """Make a feed that begins with the whole state, and then does something with each change."""

    async def feed(connection, state, changes):
        await connection.send(json.dumps(state))
        while True:
            await send_change(connection, state, changes)

    return feed


async def whole_state(connection, state, changes):
    state.update(await changes.get())
    await connection.send(json.dumps(state))


async def compared_with_the_first_state(connection, state, changes):
    change = await changes.get()
    if new := {key: value for key, value in change.items() if state.get(key) != value}:
        await connection.send(json.dumps(new))


async def without_what_is_false(connection, state, changes):
    change = await changes.get()
    await connection.send(json.dumps({key: value for key, value in change.items() if value}))


async def known_keys(connection, state, changes):
    change = await changes.get()
    if known := {key: change[key] for key in state if key in change}:
        await connection.send(json.dumps(known))


async def the_last_change(connection, state, changes):
    change = await changes.get()
    while not changes.empty():
        change = changes.get_nowait()
    await connection.send(json.dumps(change))


async def older_values_last(connection, state, changes):
    change = await changes.get()
    while not changes.empty():
        change = {**changes.get_nowait(), **change}
    await connection.send(json.dumps(change))


async def once_a_second(connection, state, changes):
    await asyncio.sleep(1)
    await connection.send(json.dumps(await changes.get()))


async def without_await(connection, state, changes):
    connection.send(json.dumps(await changes.get()))


async def whether_open_or_not(connection, state, changes):
    with contextlib.suppress(ConnectionClosed):
        await connection.send(json.dumps(await changes.get()))


async def by_broadcast(connection, state, changes):
    broadcast({connection}, json.dumps(await changes.get()))


async def without_waiting(connection, state, changes):
    await connection.send(json.dumps(changes.get_nowait()))


async def joined(connection, state, changes):
    change = dict(await changes.get())
    while not changes.empty():
        change.update(changes.get_nowait())
    await connection.send(json.dumps(change))


async def key_by_key(connection, state, changes):
    for key, value in (await changes.get()).items():
        await connection.send(json.dumps({key: value}))


async def by_polling(connection, state, changes):
    await asyncio.sleep(0.01)
    while not changes.empty():
        await connection.send(json.dumps(changes.get_nowait()).encode())


async def really_new(connection, state, changes):
    change = await changes.get()
    new = {key: value for key, value in change.items() if state.get(key, ...) != value}
    state.update(change)
    if new:
        await connection.send(json.dumps(new, indent=1))


async def until_empty(connection, state, changes):
    await connection.send(json.dumps(state))
    while not changes.empty():
        await connection.send(json.dumps(changes.get_nowait()))


async def state_after_the_first_change(connection, state, changes):
    change = await changes.get()
    await feeds()(connection, {**state, **change}, changes)


async def until_nothing_comes(connection, state, changes):
    await connection.send(json.dumps(state))
    with contextlib.suppress(TimeoutError):
        while True:
            await connection.send(json.dumps(await asyncio.wait_for(changes.get(), 0.5)))


async def all_changes_each_time(connection, state, changes):
    await connection.send(json.dumps(state))
    changed = {}
    while True:
        changed.update(await changes.get())
        await connection.send(json.dumps(changed))


class Feed:
    async def __call__(self, connection, state, changes):
        async for news in self.news(state, changes):
            await connection.send(json.dumps(news))

    async def news(self, state, changes):
        state = dict(state)
        while not changes.empty():
            state |= changes.get_nowait()
        yield state
        while True:
            yield await changes.get()


MISTAKES = [
    ("11.1", with_state(whole_state), "send only what has changed"),
    ("11.1", all_changes_each_time, "send only what has changed"),
    ("11.1", feeds(str, str), "use `json.dumps`"),
    ("11.1", feeds(count=1), "was not sent this change"),
    ("11.1", feeds(count=10), "was not sent this change"),
    ("11.1", until_nothing_comes, "the connection ended"),
    ("11.1", with_state(compared_with_the_first_state), "was not sent this change"),
    ("11.1", with_state(without_what_is_false), "was not sent this change"),
    ("11.1", with_state(known_keys), "was not sent this change"),
    ("11.1", with_state(the_last_change), "not all were sent"),
    ("11.1", with_state(older_values_last), "not all were sent"),
    ("11.1", with_state(once_a_second), "nothing needs to sleep"),
    ("11.1", with_state(whether_open_or_not), "goes on after its client has disconnected"),
    ("11.1", with_state(by_broadcast), "goes on after its client has disconnected"),
]
HINTS = [
    ("11.1", feeds(first=None), "must be sent the state at once"),
    ("11.1", state_after_the_first_change, "must be sent the state at once"),
    ("11.1", feeds(first=lambda state: state), "must be sent the state at once"),
    (
        "11.1",
        feeds(lambda state: json.dumps({"state": state})),
        "the whole state, and nothing else",
    ),
    ("11.1", feeds(lambda state: json.dumps({**state, "type": "state"})), "and nothing else"),
    ("11.1", feeds(lambda state: json.dumps([*state.items()])), "must be a JSON object"),
    ("11.1", feeds(count=0), "each change must be sent"),
    ("11.1", until_empty, "each change must be sent"),
    ("11.1", with_state(without_waiting), "each change must be sent"),
    ("11.1", with_state(without_await), "each change must be sent"),
    ("11.1", lambda connection, state, changes: json.dumps(state), "write `async def`"),
]
RIGHT = [
    ("11.1", with_state(joined)),
    ("11.1", with_state(key_by_key)),
    ("11.1", with_state(by_polling)),
    ("11.1", with_state(really_new)),
    ("11.1", Feed()),
    ("11.1", functools.partial(feeds(lambda state: json.dumps(state).encode()))),
]
