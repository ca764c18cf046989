"""The third exercise of lesson 13."""

import contextlib
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._plain import Plain
from wsdemo.checks._trial import trial

UPLOADS = (
    (1000, (bytes(400), bytes(300))),
    (1000, (bytes(400), bytes(600))),
    (70, (bytes(40), b"end", bytes(20))),
    (70, (bytes(40), b"", bytes(30))),
    (70, ()),
    (70, (b"\xe2\x82", b"\xac", "Grüße".encode())),
)
"""The limit, and the pieces of an upload that is allowed."""

TOO_MUCH = ((1000, (400, 400, 400)), (70, (40, 31)), (1000, (1001,)))
"""The limit, and the sizes of the pieces of an upload that is not allowed."""


@exercise("13.3")
async def upload(answer: Callable[..., Any]) -> str:
    """Check an upload in pieces by its sum."""
    limits: list[int] = []
    async with trial(lambda connection: answer(connection, limits[-1])) as served:

        async def join(most: int) -> Inbox:
            limits.append(most)
            return Inbox(await served.join())

        for most, pieces in UPLOADS:
            await _allowed(await join(most), most, pieces)
        await _two_at_once(await join(1000), await join(1000))
        for most, sizes in TOO_MUCH:
            await _too_much(await join(most), most, sizes)
    return (
        "the sum of the pieces is checked at each piece, and an upload that is too big ends with "
        "1009."
    )


def _summary(most: int, pieces: tuple[bytes, ...]) -> str:
    shown = ", ".join(repr(each) if len(each) < 10 else f"{len(each)} bytes" for each in pieces)
    return f"most={most}; {shown or 'no piece'}, and then 'end'"


async def _send(inbox: Inbox, *messages: str | bytes) -> None:
    with contextlib.suppress(ConnectionClosed):  # the inbox knows how it was closed
        for message in messages:
            await inbox.client.send(message)


async def _allowed(inbox: Inbox, most: int, pieces: tuple[bytes, ...]) -> None:
    size = sum(map(len, pieces))
    await _send(inbox, *pieces, "end")
    await until(lambda: inbox.received or inbox.ended)
    if not inbox.received and inbox.client.close_code == 1009:
        what = "exactly" if size == most else "fewer than"
        raise Misconception(
            f"{what} `most` bytes were refused with 1009. Only more than that is too much.",
            input=Plain(_summary(most, pieces)),
        )
    if inbox.received == [str(size)]:
        return
    if b"end" in pieces or b"" in pieces:
        raise Misconception(
            "a binary message is a piece of the upload, whatever it contains, also b'end' and b''. "
            "Only the text 'end' ends it.",
            input=Plain(_summary(most, pieces)),
            expected=str(size),
            received=inbox.received,
        )
    if inbox.received and max(b"".join(pieces), default=0) > 127:
        raise Misconception(
            "the pieces are bytes, of any value, and not text: count the bytes of each message as "
            "it is.",
            input=Plain(_summary(most, pieces)),
            expected=[str(size)],
            received=inbox.received,
        )
    raise NotYet(
        "after 'end', reply once, with the number of bytes, as text",
        input=Plain(_summary(most, pieces)),
        expected=[str(size)],
        received=inbox.received
        or Plain(
            f"a close with {inbox.client.close_code}, and no message" if inbox.ended else "nothing"
        ),
    )


async def _two_at_once(one: Inbox, other: Inbox) -> None:
    await _send(one, bytes(400))
    await _send(other, bytes(300), "end")
    await until(lambda: other.received or other.ended)
    await _send(one, bytes(300), "end")
    await until(lambda: one.received or one.ended)
    if (one.received, other.received) != (["700"], ["300"]):
        raise Misconception(
            "another client uploaded at the same time, and its bytes were counted, too, or the "
            "count began again: count for each connection.",
            input=Plain("400 bytes; 300 bytes and 'end' from another client; 300 bytes and 'end'"),
            expected=(["700"], ["300"]),
            received=(one.received, other.received),
        )


async def _too_much(inbox: Inbox, most: int, sizes: tuple[int, ...]) -> None:
    pieces = f"most={most}; pieces of {' and '.join(map(str, sizes))} bytes"
    await _send(inbox, *map(bytes, sizes))
    early = await until(lambda: inbox.ended)
    if not early:
        await _send(inbox, "end")
        await until(lambda: inbox.received or inbox.ended)
    if inbox.received or inbox.client.close_code is None:
        raise Misconception(
            "you took more bytes than `most`: it is the sum of all pieces that fills your memory.",
            input=Plain(pieces),
            received=inbox.received,
        )
    if inbox.client.close_code != 1009:
        raise Misconception(
            f"an upload that was too big ended with {inbox.client.close_code}. 1009 is the code "
            "that every client knows for this: a client that gets it does not send the same "
            "again.",
            input=Plain(pieces),
        )
    if not early:
        raise Misconception(
            "1009 came only after `end`: until then you took everything, and a client that never "
            "sends `end` fills your memory. Check the sum at each piece.",
            input=Plain(pieces),
        )
