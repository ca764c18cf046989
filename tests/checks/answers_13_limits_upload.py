"""Answers to exercise 13.3: mistakes, what is no answer yet, right ones."""

import functools
import io

from websockets.exceptions import ConnectionClosed


def uploads(
    *,
    limit=lambda sizes, most: sum(sizes) > most,
    code=1009,
    reply=lambda sizes: str(sum(sizes)),
    is_end=lambda message: message == "end",
    at_the_end=False,
    fresh=list,
):
    """An answer to 13.3.

    Args:
        limit: whether it is too much, given the sizes of the pieces, and `most`.
        code: what an upload that is too large is closed with.
        reply: the reply to `end`.
        is_end: whether a message is the end.
        at_the_end: whether the limit is looked at only then.
        fresh: makes the list of sizes.
    """

    async def upload(connection, most):
        sizes = fresh()
        async for message in connection:
            if not is_end(message):
                sizes.append(len(message))
            if limit(sizes, most) and (is_end(message) or not at_the_end):
                await connection.close(code)
                return
            if is_end(message):
                await connection.send(reply(sizes))
                sizes.clear()

    return upload


def shared_sizes():
    sizes = []
    return lambda: sizes


async def first_message_only(connection, most):
    message = await connection.recv()
    await connection.send(str(len(message)))


async def reports_each_piece(connection, most):
    size = 0
    async for message in connection:
        if message != "end":
            size += len(message)
            await connection.send(str(size))
            if size > most:
                await connection.close(1009)


async def raises_if_too_much(connection, most):
    size = 0
    async for message in connection:
        if message == "end":
            await connection.send(str(size))
            continue
        size += len(message)
        if size > most:
            raise ValueError("too much")


async def counts_before_it_closes(connection, most):
    size = 0
    async for message in connection:
        if message == "end":
            await connection.send(str(size))
        elif size > most:
            await connection.close(1009)
        else:
            size += len(message)


async def sends_the_size_without_end(connection, most):
    size = 0
    while size < most:
        size += len(await connection.recv())
    await connection.send(str(size))


async def in_fragments(connection, most):
    """One that looks at each fragment, and ends with the upload."""
    size = 0
    while True:
        async for piece in connection.recv_streaming():
            if piece == "end":
                await connection.send(f"{size}")
                return
            size += len(piece)
            if size > most:
                await connection.close(1009, "too much")
                return


class Uploads:
    async def __call__(self, connection, most):
        kept = io.BytesIO()
        try:
            while (message := await connection.recv()) != "end":
                if kept.tell() + len(message) > most:
                    return await connection.close(1009)
                kept.write(message)
            await connection.send([str(len(kept.getvalue()))])
            await connection.wait_closed()
        except ConnectionClosed:
            pass


async def upload_with_match(connection, most, kind):
    pieces = kind()
    async for message in connection:
        match message:
            case "end":
                await connection.send(str(len(pieces)))
            case bytes() if len(pieces) + len(message) <= most:
                pieces += message
            case _:
                await connection.close(1009)


async def counts_characters(connection, most):
    whole = b""
    async for message in connection:
        if message == "end":
            await connection.send(str(len(whole.decode(errors="ignore"))))
            return
        whole += message
        if len(whole) > most:
            await connection.close(1009, "too big")
            return


MISTAKES = [
    ("13.3", counts_characters, "count the bytes of each message"),
    ("13.3", uploads(limit=lambda sizes, most: max(sizes, default=0) > most), "it is the sum"),
    ("13.3", uploads(code=1008), "every client knows"),
    ("13.3", uploads(at_the_end=True), "only after `end`"),
    ("13.3", uploads(limit=lambda sizes, most: sum(sizes) >= most), "exactly"),
    ("13.3", uploads(limit=lambda sizes, most: sum(sizes) > 1000), "more bytes than `most`"),
    ("13.3", uploads(is_end=lambda message: message in ("end", b"end")), "b'end'"),
    ("13.3", uploads(is_end=lambda message: not message or message == "end"), "b''"),
    ("13.3", uploads(fresh=shared_sizes()), "another client"),
    ("13.3", raises_if_too_much, "1011"),
    ("13.3", counts_before_it_closes, "more bytes than `most`"),
]

HINTS = [
    ("13.3", uploads(reply=lambda sizes: str(len(sizes))), "number of bytes"),
    ("13.3", uploads(reply=lambda sizes: str(sum(sizes)).encode()), "as text"),
    ("13.3", uploads(reply=lambda sizes: f"{sum(sizes)} bytes"), "number of bytes"),
    ("13.3", uploads(reply=lambda sizes: sum(sizes)), "as text"),
    ("13.3", first_message_only, "end"),
    ("13.3", reports_each_piece, "end"),
    ("13.3", sends_the_size_without_end, "end"),
]

RIGHT = [
    ("13.3", in_fragments),
    ("13.3", Uploads()),
    ("13.3", functools.partial(upload_with_match, kind=bytearray)),
    ("13.3", lambda connection, most: uploads()(connection, most)),
]
