"""One worked answer for each exercise of lesson 14."""

import json


async def send_readings(connection, readings):
    """Send a text for each reading: the fault was bytes, and one message for all."""
    async for _ in connection:
        for reading in readings:
            await connection.send(json.dumps(reading))


async def answer_in_capitals(connection, work):
    """Answer on the connection that has asked: the fault was a variable that all share."""
    async for text in connection:
        await connection.send(await work(text))


async def ask_and_echo(connection):
    """Read in one place: the fault was a second reader."""
    asked = True
    await connection.send("still there?")
    async for text in connection:
        if asked and text == "yes":
            asked = False
            await connection.send("good")
        else:
            await connection.send(f"echo: {text}")


answers = {"14.1": send_readings, "14.2": answer_in_capitals, "14.3": ask_and_echo}
