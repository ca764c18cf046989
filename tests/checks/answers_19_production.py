"""Answers to the exercises 19.2 and 19.3: mistakes, what is no answer yet, right ones."""

import contextlib
import functools
import ipaddress
import time


def watching(
    size=lambda message: len(message.encode() if isinstance(message, str) else message),
    *,
    number=lambda connection: connection.id,
    late=False,
    clock=time.monotonic,
    lines=("refused", "open", "closed"),
    seconds="each",
    everyone=False,
    code=1008,
):
    """Make a handler like the worked one, with one thing changed."""

    async def watched(connection, counts, log):
        def note(line):
            if line in lines:
                log(f"{number(connection)} {line}")

        if everyone:
            counts["accepted"] += 1
        if connection.request.path != "/room":
            counts["refused"] += 1
            note("refused")
            return await connection.close(code)
        if not everyone:
            counts["accepted"] += 1
        counts["open"] += 1
        begin = clock()
        note("open")

        def leave():
            counts["open"] -= 1
            duration = clock() - begin
            if seconds == "each":
                counts["seconds"] += duration
            if seconds == "last":
                counts["seconds"] = duration
            if seconds == "now":
                counts["seconds"] += clock()
            note("closed")

        async def receive():
            async for message in connection:
                counts["bytes"] += size(message)
                await connection.send(message)

        if late:
            await receive()
            leave()
            return
        try:
            await receive()
        finally:
            leave()

    return watched


async def only_echo(connection, counts, log):
    async for message in connection:
        await connection.send(message)


async def accept_all(connection, counts, log):
    counts["accepted"] += 1
    counts["open"] += 1
    try:
        async for message in connection:
            counts["bytes"] += len(message if isinstance(message, bytes) else message.encode())
            await connection.send(message)
    finally:
        counts["open"] -= 1


async def open_before_the_decision(connection, counts, log):
    counts["open"] += 1
    if connection.request.path != "/room":
        counts["refused"] += 1
        await connection.close(1008)
        return
    counts["accepted"] += 1
    try:
        async for message in connection:
            counts["bytes"] += len(message)
            await connection.send(message)
    finally:
        counts["open"] -= 1


async def one_message(connection, counts, log):
    counts["accepted"] += 1
    counts["open"] += 1
    message = await connection.recv()
    counts["bytes"] += len(message)
    await connection.send(message)
    counts["open"] -= 1


async def text_only(connection, counts, log):
    await watching(lambda message: len(message.encode()))(connection, counts, log)


async def several_lines_at_once(connection, counts, log):
    lines = []
    await watching()(connection, counts, lines.append)
    log("\n".join(lines))


async def refuse_before_it_counts(connection, counts, log):
    if connection.request.path == "/room":
        await watching()(connection, counts, log)


@contextlib.contextmanager
def counted(connection, counts, log):
    counts["accepted"] += 1
    counts["open"] += 1
    log(f"[{connection.id}] open")
    begin = time.perf_counter()
    try:
        yield
    finally:
        counts["open"] -= 1
        counts["seconds"] += time.perf_counter() - begin
        log(f"[{connection.id}] closed: {connection.close_code} {connection.close_reason}")


async def in_a_context(connection, counts, log):
    if connection.request.path != "/room":
        log(f"[{connection.id}] no such room")
        counts["refused"] += 1
        await connection.close(1008, "no such room")
        return
    with counted(connection, counts, log):
        while True:
            message = await connection.recv()
            counts["bytes"] += len(bytes(message, "utf-8") if str is type(message) else message)
            await connection.send(message)


class Watched:
    """One that logs each message, too."""

    def __init__(self):
        self.begins = {}

    async def __call__(self, connection, counts, log):
        log = functools.partial(self.write, log, connection.id)
        if not connection.request.path.startswith("/room"):
            await connection.close(code=1008)
            counts["refused"] = counts["refused"] + 1
            return log("refused")
        counts.update(accepted=counts["accepted"] + 1, open=counts["open"] + 1)
        self.begins[connection.id] = time.monotonic()
        log("open")
        try:
            async for message in connection:
                log(f"message of {len(message)}")
                data = message if isinstance(message, bytes) else message.encode("utf-8")
                counts["bytes"] += len(data)
                await connection.send(message)
        finally:
            seconds = time.monotonic() - self.begins.pop(connection.id)
            counts.update(open=counts["open"] - 1, seconds=counts["seconds"] + seconds)
            log("gone")

    def write(self, log, number, what):
        log(f"{number}: {what}\n")


def first(peer, header, trusted):
    return header.split(",")[0].strip() if header else peer


def last(peer, header, trusted):
    return header.split(",")[-1].strip() if header else peer


def last_if_trusted(peer, header, trusted):
    return last(peer, header, trusted) if peer in trusted else peer


def first_if_trusted(peer, header, trusted):
    return first(peer, header, trusted) if peer in trusted else peer


def first_untrusted(peer, header, trusted):
    for each in (header or "").split(","):
        if each.strip() not in trusted and each.strip():
            return each.strip()
    return peer


def ignore_the_peer(peer, header, trusted):
    for each in reversed((header or "").split(",")):
        if each.strip() and each.strip() not in trusted:
            return each.strip()
    return peer


def by_beginning(peer, header, trusted):
    for each in [peer, *reversed((header or "").replace(" ", "").replace("\t", "").split(","))]:
        if each and not any(each.startswith(one) for one in trusted):
            return each
    return peer


def private_is_trusted(peer, header, trusted):
    for each in [peer, *(one.strip() for one in reversed((header or "").split(",")))]:
        if each and not each.startswith("10."):
            return each
    return peer


def with_spaces(peer, header, trusted):
    for each in [peer, *reversed((header or "").split(","))]:
        if each.strip() not in trusted and each:
            return each
    return peer


def at_comma_and_space(peer, header, trusted):
    for each in [peer, *reversed((header or "").split(", "))]:
        if each not in trusted and each:
            return each
    return peer


def without_none(peer, header, trusted):
    for each in [peer, *(one.strip() for one in reversed(header.split(",")))]:
        if each not in trusted:
            return each
    return peer


def empty_is_an_address(peer, header, trusted):
    chain = [*(one.strip() for one in (header or "").split(",")), peer]
    return next((each for each in reversed(chain) if each not in trusted), chain[0])


def no_end(peer, header, trusted):
    chain = [each.strip() for each in (header or "").split(",") if each.strip()] + [peer]
    return [each for each in chain if each not in trusted][-1]


def two_proxies_always(peer, header, trusted):
    chain = [each.strip() for each in (header or "").split(",") if each.strip()] + [peer]
    return chain[-3] if len(chain) > 2 else chain[0]


def a_list(peer, header, trusted):
    chain = [each.strip() for each in (header or "").split(",") if each.strip()] + [peer]
    return [each for each in chain if each not in trusted] or chain


def pop(peer, header, trusted):
    chain = [peer]
    if header:
        chain[:0] = map(str.strip, header.split(","))
    while len(chain) > 1 and chain[-1] in trusted:
        chain.pop()
    return chain[-1]


def recursive(peer, header, trusted):
    rest, _, before = (header or "").rpartition(",")
    before = before.strip()
    if peer not in trusted or not before:
        return peer
    return recursive(before, rest, trusted)


def as_addresses(peer, header, trusted):
    ours = {ipaddress.ip_address(each) for each in trusted}
    addresses = [ipaddress.ip_address(peer)]
    for each in reversed((header or "").split(",")):
        if addresses[-1] in ours and each.strip():
            addresses.append(ipaddress.ip_address(each.strip()))
    return str(addresses[-1])


def by_next(peer, header, trusted):
    chain = f"{header or ''},{peer}".replace(",", " ").split()
    return next((each for each in chain[::-1] if each not in trusted), chain[0])


MISTAKES = [
    ("19.2", watching(len), "counts characters"),
    ("19.2", watching(lambda message: 1), "counts messages"),
    ("19.2", watching(lambda message: 2 * len(message)), "twice"),
    ("19.2", watching(late=True), "still counts him"),
    ("19.2", watching(everyone=True), "after the decision"),
    ("19.2", watching(seconds="last"), "too little"),
    ("19.2", watching(seconds="now"), "time of day"),
    ("19.2", watching(number=lambda connection: "somebody"), "names no connection"),
    ("19.2", watching(number=id), "names no connection"),
    ("19.2", open_before_the_decision, "counts Eve"),
    ("19.3", first, "believed"),
    ("19.3", last, "past nginx"),
    ("19.3", last_if_trusted, "Two of your proxies"),
    ("19.3", first_if_trusted, "what the client sent"),
    ("19.3", first_untrusted, "what the client sent"),
    ("19.3", ignore_the_peer, "past nginx"),
    ("19.3", by_beginning, "only looks like"),
    ("19.3", private_is_trusted, "only looks like"),
    ("19.3", with_spaces, "spaces around it"),
    ("19.3", at_comma_and_space, "spaces or tabs are optional"),
    ("19.3", without_none, "raised an exception"),
    ("19.3", empty_is_an_address, "no header"),
    ("19.3", no_end, "raised an exception"),
    ("19.3", two_proxies_always, "what the client sent"),
]

HINTS = [
    ("19.2", only_echo, "a number is not right"),
    ("19.2", accept_all, "1008"),
    ("19.2", one_message, "your handler ended"),
    ("19.2", text_only, "send each message back"),
    ("19.2", several_lines_at_once, "one line at a time"),
    ("19.2", refuse_before_it_counts, "1008"),
    ("19.2", watching(code=1000), "1008"),
    ("19.2", watching(seconds="none"), "still 0"),
    ("19.2", watching(lines=("open",)), "log one line when"),
    ("19.2", watching(lines=("open", "closed")), "is refused"),
    ("19.3", a_list, "return one address"),
]

RIGHT = [
    ("19.2", watching()),
    ("19.2", watching(clock=time.time)),
    ("19.2", in_a_context),
    ("19.2", Watched()),
    ("19.3", pop),
    ("19.3", recursive),
    ("19.3", as_addresses),
    ("19.3", by_next),
]
