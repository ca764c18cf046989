"""Answers to the exercises of lesson 11: mistakes, what is no answer yet, right ones."""

import json


async def changes_alone(connection, state, changes):
    while True:
        await connection.send(json.dumps(await changes.get()))


async def whole_each_time(connection, state, changes):
    await connection.send(json.dumps(state))
    while True:
        state.update(await changes.get())
        await connection.send(json.dumps(state))


async def sends_every_value(send, values):
    while True:
        await send(await values.get())


async def drops_while_busy(send, values):
    while True:
        await send(await values.get())
        while not values.empty():
            values.get_nowait()


MISTAKES = [
    ("11.1", changes_alone, "never what there was"),
    ("11.1", whole_each_time, "as long each time"),
    ("11.2", sends_every_value, "later and later"),
    ("11.2", drops_while_busy, "nothing follows that would put it right"),
]
