"""Answers to the exercises of lesson 00: mistakes, what is no answer yet, unusual right ones."""

import asyncio

import numpy


async def ask():
    return "You said: Are you there?"


class Awaitable:
    def __await__(self):
        yield


class Text(str):
    __slots__ = ()


LOOP = asyncio.new_event_loop()

FUTURE = LOOP.create_future()

MISTAKES = [
    ("00.1", ask, "that is the function itself, and nobody has"),
    ("00.1", FUTURE, "that is a task: it runs ask(), but it is"),
    ("00.1", Awaitable(), "that can be awaited, and nobody has awaited"),
    ("00.2", 5, "line 5 waits, too, but with await:"),
    ("00.2", 6, "line 6 prints, which takes microseconds;"),
    ("00.2", 3, "line 3 waits with async for: meanwhile the"),
    ("00.2", 2, "line 2 sends with await: while it waits,"),
    ("00.2", 1, "line 1 runs once for each client, and waits"),
    ("00.2", "5", "line 5 waits, too, but with await:"),
    ("00.2", "line 5", "line 5 waits, too, but with await:"),
]

HINTS = [
    ("00.1", "", "answer must be what ask() returns, the text"),
    ("00.1", "Are you there?", "answer must be what ask() returns, the text"),
    ("00.1", 42, "answer must be what ask() returns, the text"),
    ("00.1", ["You said: Are you there?"], "answer must be what ask() returns, the text"),
    ("00.1", "Welcome!", "answer must be what ask() returns, the text"),
    ("00.1", "you said: are you there?", "answer must be what ask() returns, the text"),
    ("00.1", True, "answer must be what ask() returns, the text"),
    ("00.1", b"You said: Are you there?", "answer must be what ask() returns, the text"),
    ("00.1", "You said:", "answer must be what ask() returns, the text"),
    ("00.1", "You said: Are you there?\n", "answer must be what ask() returns, the text"),
    ("00.2", 0, "answer with one number, from"),
    ("00.2", 7, "answer with one number, from"),
    ("00.2", (4, 5), "answer with one number, from"),
    ("00.2", [4, 5], "answer with one number, from"),
    ("00.2", "time.sleep(2)x", "answer with one number, from"),
    ("00.2", True, "answer with one number, from"),
    ("00.2", 4.5, "answer with one number, from"),
    ("00.2", -4, "answer with one number, from"),
    ("00.2", "await asyncio.sleep(2)", "answer with one number, from"),
    ("00.2", "", "answer with one number, from"),
]

RIGHT = [
    ("00.1", "You said: Are you there?"),
    ("00.1", Text("You said: Are you there?")),
    ("00.1", " ".join(["You", "said:", "Are", "you", "there?"])),
    ("00.1", b"You said: Are you there?".decode()),
    ("00.2", 4),
    ("00.2", "4"),
    ("00.2", 4.0),
    ("00.2", "line 4"),
    ("00.2", "time.sleep(2)"),
    ("00.2", numpy.int64(4)),
    ("00.2", " 4 "),
]
