"""One worked answer for each exercise of lesson 07."""

prediction = {
    "the client closes with 4000": (4000, 4000),
    "the client sends a Close frame without a code": (1005, 1005),
    "the server sends more than the client's max_size": (1006, 1009),
    "the network cable is cut": (1006, 1006),
    "the network freezes, and only the client pings": (1006, None),
    "the server answers the handshake with 401": (None, None),
}

codes = {
    "the conversation is finished": 1000,
    "the server restarts with a new version": 1012,
    "a bug in the handler": 1011,
    "a text came, where only binary data make sense": 1003,
    "a message is bigger than we take": 1009,
    "the user's permission has expired": 4401,
    "too many users today, try again later": 1013,
}


async def divide(connection, room):
    """Divide, and remove the connection from the room whatever happens."""
    room.add(connection)
    try:
        async for message in connection:
            await connection.send(str(10 / int(message)))
    finally:
        room.discard(connection)


answers = {"07.1": prediction, "07.2": codes, "07.3": divide}
