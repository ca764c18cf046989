"""Answers to the exercises of lesson 07: mistakes, what is no answer yet, right ones."""

from websockets.exceptions import ConnectionClosed

from tests.checks.worked import SOLUTIONS


def predicts(end, client, server):
    return SOLUTIONS["07.1"] | {end: (client, server)}


def chooses(fault, code):
    return SOLUTIONS["07.2"] | {fault: code}


async def discards_after_recv(connection, room):
    room.add(connection)
    while True:
        await connection.send(str(10 / int(await connection.recv())))
    room.discard(connection)


async def discards_after_the_loop(connection, room):
    room.add(connection)
    async for message in connection:
        await connection.send(str(10 / int(message)))
    room.discard(connection)


def discards_when(errors):
    """Make a handler that cleans up where it has caught these errors."""

    async def divide(connection, room):
        room.add(connection)
        try:
            while True:
                await connection.send(str(10 / int(await connection.recv())))
        except errors:
            room.discard(connection)

    return divide


async def answers_a_bug(connection, room):
    room.add(connection)
    try:
        async for message in connection:
            try:
                await connection.send(str(10 / int(message)))
            except ZeroDivisionError:
                await connection.send("no")
    finally:
        room.discard(connection)


MISTAKES = [
    ("07.1", predicts("the client closes with 4000", 4000, 1000), "chooses the code"),
    ("07.1", predicts("the client sends a Close frame without a code", 1006, 1006), "not 1006"),
    ("07.1", predicts("the server sends more than the client's max_size", 1009, 1009), "sent 1009"),
    ("07.1", predicts("the network cable is cut", 1001, 1001), "Nobody said anything"),
    ("07.1", predicts("the line freezes, and only the client pings", 1006, 1006), "all is well"),
    ("07.1", predicts("the line freezes, and only the client pings", 1011, None), "what it sent"),
    ("07.1", predicts("the server answers the handshake with 401", 1006, None), "InvalidStatus"),
    ("07.2", chooses("a bug in the handler", 1006), "1006 cannot be sent"),
    ("07.2", chooses("a bug in the handler", 1000), "all is well"),
    ("07.2", chooses("the user's permission has expired", 401), "a status of HTTP"),
    ("07.2", chooses("a message is bigger than we take", 4009), "every client knows"),
    ("07.2", chooses("a message is bigger than we take", 1008), "something else"),
    ("07.2", chooses("too many users today, try again later", 2000), "no code that may be sent"),
    ("07.3", discards_after_recv, "after recv() is not reached"),
    ("07.3", discards_after_the_loop, "after the loop is not reached"),
    ("07.3", discards_when(ConnectionClosed), "another exception than ConnectionClosed"),
    ("07.3", discards_when(Exception), "CancelledError is no Exception"),
]


RIGHT = [
    ("07.3", answers_a_bug),
]
