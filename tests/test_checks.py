"""Each exercise is judged both ways: the stub, the worked answer, and typical mistakes."""

import asyncio
import base64
import contextlib
import hashlib
import inspect
import itertools
import json
import pathlib
import random
import runpy
import ssl
import subprocess
import sys
import threading
import time

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed, InvalidStatus

import wsdemo
from wsdemo.checks import exercises
from wsdemo.frames import GUID

NOTEBOOKS = pathlib.Path(__file__).parents[1] / "notebooks"
SOLUTIONS = {
    number: answer
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9]*.py"))
    for number, answer in runpy.run_path(str(path))["answers"].items()
}
REQUEST = SOLUTIONS["01.2"]
REFUSALS = SOLUTIONS["01.3"]


async def greets_each_time(connection):
    async for message in connection:
        await connection.send("Welcome!")
        await connection.send(f"You said: {message}")


async def returns_after_one(connection):
    await connection.send("Welcome!")
    await connection.send(f"You said: {await connection.recv()}")


async def echoes_the_greeting(connection):
    await connection.send("Welcome!")
    async for _ in connection:
        await connection.send("You said: Welcome!")


async def sleeps(connection):
    async for message in connection:
        time.sleep(0.5)  # noqa: ASYNC251 - the mistake itself
        await connection.send(f"done: {message}")


async def locks(connection, lock=asyncio.Lock()):  # noqa: B008 - one lock for all, as they write it
    async for message in connection:
        async with lock:
            await asyncio.sleep(0.5)
        await connection.send(f"done: {message}")


async def closes_on_timeout(connection, seconds):
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        await connection.close()


async def waits_for_ever(connection, seconds):
    return await connection.recv()


def in_hexadecimal(key):
    return hashlib.sha1((key + GUID).encode()).hexdigest()


def guid_first(key):
    return base64.b64encode(hashlib.sha1((GUID + key).encode()).digest()).decode()


async def pings_blindly(connection):
    while True:
        await connection.ping()
        await asyncio.sleep(0.2)


async def takes_slow_for_dead(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.1)
        except TimeoutError:
            return connection.transport.abort()
        await asyncio.sleep(0.2)


async def takes_silence_for_death(connection):
    try:
        await asyncio.wait_for(connection.recv(), 0.8)
    except TimeoutError:
        connection.transport.abort()


async def says_goodbye_to_the_dead(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.5)
        except TimeoutError:
            return await connection.close()
        await asyncio.sleep(0.2)


async def finds_them_late(connection):
    while True:
        try:
            await asyncio.wait_for(await connection.ping(), 0.9)
        except TimeoutError:
            return connection.transport.abort()
        await asyncio.sleep(0.8)


async def tells_everybody(connection, clients=set()):  # noqa: B006 - one set for all
    clients.add(connection)
    async for message in connection:
        broadcast(clients, message)


async def hangs_up_on_heartbeats(connection):
    async for message in connection:
        if json.loads(message)["type"] != "chat":
            await connection.close(1008, "not a chat message")


def all_at_once(count, interval):
    return [0.0] * count


def beyond_the_interval(count, interval):
    return [2 * interval * n / count for n in range(count)]


def bunched(count, interval):
    return [interval / 10 * n / count for n in range(count)]


async def throws_out(connection):
    if connection.request.headers.get("Authorization") != "Bearer k3-ana-7Qz":
        return await connection.close(1008, "wrong token")
    await connection.send("the secret")


def refuses_with(status, part=False):
    def gate(connection, request):
        sent = request.headers.get("Authorization", "")
        good = "k3-ana-7Qz" in sent if part else sent == "Bearer k3-ana-7Qz"
        return None if good else connection.respond(status, "")

    return SOLUTIONS["05.1"] | {"process_request": gate}


class ReusableTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        owner, end = self.issued.get(ticket, (None, 0))
        return owner == user and time.monotonic() < end


class EternalTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        return self.issued.pop(ticket, [None])[0] == user


class AnybodysTickets(SOLUTIONS["05.2"]):
    def redeem(self, ticket, user):
        found = [each for each in self.issued if each == ticket]
        return bool(found) and time.monotonic() < self.issued.pop(ticket)[1]


class CountedTickets(SOLUTIONS["05.2"]):
    def issue(self, user):
        self.issued[f"ticket-{len(self.issued)}"] = user, time.monotonic() + self.lifetime
        return f"ticket-{len(self.issued) - 1}"


async def checks_at_the_door(connection, seconds):
    async for message in connection:
        await connection.send(message)


async def checks_when_asked(connection, seconds):
    end = time.monotonic() + seconds
    async for message in connection:
        if time.monotonic() > end:
            return await connection.close(4401, "permission expired")
        await connection.send(message)


async def ends_without_a_code(connection, seconds):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await checks_at_the_door(connection, seconds)


async def ends_without_a_reason(connection, seconds):
    await ends_without_a_code(connection, seconds)
    await connection.close(4401)


def never_awaited():
    return SOLUTIONS["00.1"]()


# Lesson 03: a room is a set, or a dict from connection to name.


def loops_over(copy):
    """Make a relay that awaits each send, over the room itself or over a copy."""

    async def relay(connection, room):
        room.add(connection)
        try:
            async for text in connection:
                for other in copy(room):
                    await other.send(text)
        finally:
            room.discard(connection)

    return relay


async def leaves_only_politely(connection, room):
    room.add(connection)
    async for text in connection:
        broadcast(room, text)
    room.discard(connection)


async def never_leaves(connection, room):
    room.add(connection)
    async for text in connection:
        broadcast(room, text)


async def gathers(connection, room):
    room.add(connection)
    try:
        async for text in connection:
            await asyncio.gather(*(other.send(text) for other in room))
    finally:
        room.discard(connection)


def announce(room, data):
    """Tell the room, as the lesson's handlers do."""
    told = {key: data[key] for key in ("user", "message")}
    broadcast(room, json.dumps(told | {"timestamp": int(time.time() * 1000)}))


def names(refuses, forgets=True):
    """Make a chat that refuses a name when ``refuses(user, own name, names of all)``."""

    async def chat(connection, room):
        room[connection] = None
        try:
            async for text in connection:
                data = json.loads(text)
                if refuses(data["user"], room[connection], room.values()):
                    await connection.send(json.dumps({"error": "no"}))
                else:
                    room[connection] = data["user"]
                    announce(room, data)
        finally:
            if forgets:
                del room[connection]

    return chat


trusts = names(lambda user, own, all_names: False)
changes = names(lambda user, own, all_names: user != own and user in all_names)
two_anas = names(lambda user, own, all_names: own not in (None, user))
keeps_for_ever = names(
    lambda user, own, all_names: own not in (None, user) or (own is None and user in all_names),
    forgets=False,
)


def reads(what_to_do, errors=ValueError):
    """Make a chat that does something about what it cannot read."""

    async def chat(connection, room):
        room.add(connection)
        try:
            async for text in connection:
                try:
                    data = json.loads(text)
                    if not all(isinstance(data[key], str) for key in ("user", "message")):
                        raise ValueError("not text")
                except errors:
                    await what_to_do(connection, room)
                else:
                    announce(room, data)
        finally:
            room.discard(connection)

    return chat


async def nothing(connection, room):
    pass


async def hang_up(connection, room):
    await connection.close(1003)


async def tell(connection, room):
    await connection.send(json.dumps({"error": "no"}))


async def tell_all(connection, room):
    broadcast(room, json.dumps({"error": "no"}))


async def swallows_all(connection, room):
    room.add(connection)
    async for text in connection:
        with contextlib.suppress(Exception):
            announce(room, json.loads(text)["data"])


async def passes_on_anything(connection, room):
    room.add(connection)
    try:
        async for text in connection:
            try:
                data = json.loads(text)
                announce(room, {"user": data.get("user"), "message": data.get("message")})
            except (ValueError, AttributeError):
                await tell(connection, room)
    finally:
        room.discard(connection)


def little_endian(payload, mask):
    frame = SOLUTIONS["06.1"](payload, mask)
    extended = {126: 2, 127: 8}.get(frame[1] & 127, 0)
    return frame[:2] + frame[2 : 2 + extended][::-1] + frame[2 + extended :]


def always_long(payload, mask):
    length = len(payload).to_bytes(8, "big")
    return b"\x82\xff" + length + mask + SOLUTIONS["06.2"](payload, mask)


def one_byte_of_the_mask(payload, mask):
    return bytes(byte ^ mask[0] for byte in payload)


def shorter_of_the_two(payload, mask):
    return bytes(a ^ b for a, b in zip(payload, mask, strict=False))


def joined(frames, text):
    messages, parts = [], []
    for frame in frames:
        parts.append(text(frame.payload))
        if frame.fin and frame.opcode < 8:
            messages.append(type(parts[0])().join(parts))
            parts = []
    return messages


def takes_pings_for_data(frames):
    return joined(frames, bytes)


def decodes_each_fragment(frames):
    return [each.payload.decode() for each in frames if not each.is_control]


def decodes_each_and_hides_it(frames):
    data = [each for each in frames if not each.is_control]
    return joined(data, lambda payload: payload.decode(errors="replace"))


# Lesson 07: a prediction and a choice are dicts, of which one entry is wrong.


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


# Lesson 08: waits are drawn by chance(ceiling).


def schedule(chance, ceiling=lambda base, cap, n: min(cap, base * 2 ** min(n, 60))):
    def waits(base, cap):
        for n in itertools.count():
            yield chance(ceiling(base, cap, n))

    return waits


def drawn(most):
    return random.uniform(0, most)


def persists(heals, pauses=True, tells=True):
    """Make a first_message that tries again where heals(error), with its faults."""

    async def first_message(url, pause):
        while True:
            try:
                async with connect(url) as connection:
                    return await connection.recv()
            except (OSError, InvalidStatus) as error:
                if not heals(error):
                    if tells:
                        raise
                    return None
            if pauses:
                await pause()

    return first_message


def busy_or_away(error):
    return isinstance(error, OSError) or error.response.status_code >= 500


def replays(least=1, epochs=True, gaps=True):
    """Make a replay that starts elsewhere, or looks at less than it should."""

    def replay(kept, epoch, last):
        last_epoch, _, number = last.rpartition("-")
        if (epochs and epoch != last_epoch) or (gaps and int(number) + 1 < kept[0][0]):
            return True, kept
        return False, [each for each in kept if each[0] >= int(number) + least]

    return replay


def compares_texts(kept, epoch, last):
    return False, [each for each in kept if f"{epoch}-{each[0]}" > last]


def checks_nothing(pem):
    context = ssl.create_default_context(cadata=pem)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def takes_any_name(pem):
    context = ssl.create_default_context(cadata=pem)
    context.check_hostname = False
    return context


def certificate_of(client):
    return client.transport.get_extra_info("ssl_object").getpeercert()


def connected_to(client):
    return [client.remote_address[0]]


def common_name(client):
    subject = dict(pair for [pair] in certificate_of(client)["subject"])
    return [subject["commonName"]]


def counts(pick):
    """An answer to 10.1 that picks from (bytes there, bytes back, text, bytes before)."""

    def overhead(wire, ask):
        before = wire.bytes_sent, wire.bytes_received
        text = ask()
        there, back = wire.bytes_sent - before[0], wire.bytes_received - before[1]
        return pick(there, back, text, sum(before))

    return overhead


def chooses_ways(**changes):
    """The worked answer to 10.2, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["10.2"])
    for case, (way, reason) in changes.items():
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return choices


async def ask_and_keep(client, pending, request, seconds):
    number = len(pending) + 1
    pending[number] = asyncio.get_running_loop().create_future()
    await client.send(json.dumps({**request, "id": number}))
    answer = await asyncio.wait_for(pending[number], seconds)
    del pending[number]
    return answer


async def ask_and_never_tidy(client, pending, request, seconds):
    number = len(pending) + 1
    pending[number] = asyncio.get_running_loop().create_future()
    await client.send(json.dumps({**request, "id": number}))
    return await asyncio.wait_for(pending[number], seconds)


async def ask_under_one_id(client, pending, request, seconds):
    future = pending.setdefault(1, asyncio.get_running_loop().create_future())
    await client.send(json.dumps({**request, "id": 1}))
    return await asyncio.wait_for(future, seconds)


async def any_topic(connection, topics):
    try:
        async for text in connection:
            topics.setdefault(json.loads(text)["topic"], set()).add(connection)
    finally:
        for each in topics.values():
            each.discard(connection)


def known_topics(tidy):
    async def handler(connection, topics):
        async for text in connection:
            topic = json.loads(text)["topic"]
            if topic in topics:
                topics[topic].add(connection)
            else:
                await connection.send(json.dumps({"error": "no such topic"}))
        if tidy:
            for each in topics.values():
                each.discard(connection)

    return handler


def room_that(*, asks, listens):
    async def handler(connection, members, keys):
        async for text in connection:
            request = json.loads(text)
            room = request["room"]
            if request["action"] == "join":
                if not asks or request["key"] == keys[room]:
                    members[room].add(connection)
                else:
                    await connection.send(json.dumps({"error": "wrong key"}))
            elif listens or connection in members[room]:
                broadcast(members[room], text)
            else:
                await connection.send(json.dumps({"error": "join first"}))

    return handler


class Everything:
    def __init__(self):
        self.queue = asyncio.Queue()

    def put(self, value):
        self.queue.put_nowait(value)

    async def get(self):
        return await self.queue.get()


class Oldest(Everything):
    def put(self, value):
        if self.queue.empty():
            self.queue.put_nowait(value)


class OneAndNoMore(Everything):
    def __init__(self):
        self.queue = asyncio.Queue(1)


class LatestInAQueue(OneAndNoMore):
    def put(self, value):
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(value)


class AgainAndAgain:
    def put(self, value):
        self.value = value

    async def get(self):
        return self.value


async def sends_without_a_deadline(connection, message, seconds):
    await connection.send(message)
    return True


async def sends_and_keeps(connection, message, seconds):
    broadcast([connection], message)
    return True


def evicts(goodbye):
    async def send_or_evict(connection, message, seconds):
        try:
            await asyncio.wait_for(connection.send(message), seconds)
        except TimeoutError:
            await goodbye(connection)
            return False
        return True

    return send_or_evict


async def abort(connection):
    connection.transport.abort()


async def close_in_a_task(connection):
    connection.goodbye = asyncio.create_task(connection.close())


def uploads(*, limits="each", code=1009):
    async def upload(connection, most):
        size = 0
        async for message in connection:
            if message == "end":
                if limits == "at the end" and size > most:
                    await connection.close(code)
                    return
                await connection.send(str(size))
                continue
            size += len(message)
            if (len(message) if limits == "each" else size) > most and limits != "at the end":
                await connection.close(code)
                return

    return upload


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


async def sends_shown_bytes(connection, readings):
    async for _ in connection:
        for reading in readings:
            await connection.send(str(json.dumps(reading).encode()))


async def sends_fragments(connection, readings):
    async for _ in connection:
        await connection.send([json.dumps(reading) for reading in readings])


def answers_everybody():
    everybody = set()

    async def handler(connection, work):
        everybody.add(connection)
        async for text in connection:
            broadcast(everybody, await work(text))

    return handler


def answers_one_by_one():
    lock = asyncio.Lock()

    async def handler(connection, work):
        async for text in connection:
            async with lock:
                await connection.send(await work(text))

    return handler


async def takes_the_next_for_the_answer(connection):
    await connection.send("still there?")
    await connection.recv()
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def waits_for_yes(connection):
    await connection.send("still there?")
    while await connection.recv() != "yes":
        pass
    await connection.send("good")
    async for text in connection:
        await connection.send(f"echo: {text}")


async def reads_in_turns(connection):
    turn = asyncio.Lock()

    async def read():
        async with turn:
            return await connection.recv()

    async def ask():
        await connection.send("still there?")
        if await read() == "yes":
            await connection.send("good")

    asking = asyncio.create_task(ask())  # noqa: F841, RUF006 - kept while the loop runs
    while True:
        await connection.send(f"echo: {await read()}")


def catches_up(*names, clean=False, qos=1, stays=False, waits=1.0):
    """An answer to 15.1 that subscribes as the first of these names and comes back as the last."""

    async def catch_up(connect, away):
        def as_(name):
            return connect(identifier=name, clean_session=clean)

        async with as_(names[0]) as client:
            await client.subscribe("news", qos=qos)
            if stays:
                await away()
        if not stays:
            await away()
        async with as_(names[-1]) as client:
            message = await asyncio.wait_for(anext(client.messages), waits)
            return message.payload.decode()

    return catch_up


def reads_length(length, kind=lambda first: (first >> 4, first & 15)):
    """An answer to 15.2 with its own idea of the length."""
    return lambda data: (*kind(data[0]), length(data[1:]))


def groups_of(data):
    count = next(n for n, byte in enumerate(data) if byte < 128) + 1
    return [byte & 127 for byte in data[:count]]


def highest_first(data):
    return int("".join(f"{each:07b}" for each in groups_of(data)), 2)


def decides(**changes):
    """The worked answer to 15.3, but for some cases: a way, a reason, or both."""
    choices = dict(SOLUTIONS["15.3"])
    for case, (way, reason) in changes.items():
        case = case.replace("_", " ")
        choices[case] = (way or choices[case][0], reason or choices[case][1])
    return choices


class ScaledRoom:
    """A room on several servers, wrong in one way or another."""

    locally, publishes, again, skips = False, True, False, False

    def __init__(self, bus):
        self.bus, self.members, self.mine = bus, set(), set()

    async def handler(self, connection):
        self.members.add(connection)
        async for message in connection:
            if self.locally:
                broadcast(self.members, message)
            self.mine.add(message)
            if self.publishes:
                await self.bus.publish(message)

    def hear(self, text):
        if self.again:
            self.task = asyncio.create_task(self.bus.publish(text))
        if not (self.skips and text in self.mine):
            broadcast(self.members, text)


def scaled(**wrong):
    return type("MyRoom", (ScaledRoom,), wrong)


class HearsInATask(ScaledRoom):
    async def hear(self, text):
        broadcast(self.members, text)


def drains(*steps, code=1001):
    """Do these steps in turn: once, all, close, stop."""

    async def drain(connections, underway, bus):
        for step in steps:
            if step == "once":
                await asyncio.wait(set(underway))
            while step == "all" and underway:
                await asyncio.wait(set(underway))
            if step == "close":
                await asyncio.gather(*(each.close(code) for each in connections))
            if step == "stop":
                await bus.stop()

    return drain


def keeps(times, how="ping"):
    async def keep(connection, idle):
        while True:
            await (connection.ping() if how == "ping" else connection.send(""))
            await asyncio.sleep(idle / times)

    return keep


MISTAKES = [
    ("00.1", never_awaited, "nothing has run yet"),
    ("00.2", 5, "with await"),
    ("00.2", 6, "microseconds"),
    ("01.1", in_hexadecimal, "hexadecimal"),
    ("01.1", guid_first, "after the key"),
    ("01.2", REQUEST.replace(b"Sec-WebSocket-Version: 13\r\n", b""), "Version: 13 is missing"),
    ("01.2", REQUEST.replace(b"\r\n", b"\n"), "bare newline"),
    ("01.3", REFUSALS | {"no upgrade": 400}, "426"),
    ("01.3", REFUSALS | {"foreign origin": 401}, "403"),
    ("02.1", returns_after_one, "once per connection, not once per message"),
    ("02.1", echoes_the_greeting, "greets again"),
    ("02.2", sleeps, "time.sleep"),
    ("02.2", locks, "a lock"),
    ("02.3", closes_on_timeout, "do not close"),
    ("02.3", waits_for_ever, "still waited"),
    ("04.1", pings_blindly, "nobody looked for the pongs"),
    ("04.1", takes_slow_for_dead, "only slow"),
    ("04.1", takes_silence_for_death, "Silence is not death"),
    ("04.1", says_goodbye_to_the_dead, "close_timeout"),
    ("04.1", finds_them_late, "more than a second"),
    ("04.2", tells_everybody, "for the sender alone"),
    ("04.2", hangs_up_on_heartbeats, "hung up with 1008"),
    ("04.3", all_at_once, "at the same moment"),
    ("04.3", beyond_the_interval, "within one interval"),
    ("04.3", bunched, "over the whole interval"),
    ("05.1", {"process_request": None, "handler": throws_out}, "it saw open before"),
    ("05.1", refuses_with(404), "look for another address"),
    ("05.1", refuses_with(403), "whoever you are"),
    ("05.2", ReusableTickets, "worked twice"),
    ("05.2", EternalTickets, "still worked after"),
    ("05.2", AnybodysTickets, "a ticket of ana's"),
    ("05.2", CountedTickets, "can be guessed"),
    ("05.3", checks_at_the_door, "holds only for the door"),
    ("05.3", checks_when_asked, "only listens stays"),
    ("05.3", ends_without_a_code, "like any other"),
    ("05.3", ends_without_a_reason, "without a reason"),
    ("03.1", loops_over(lambda room: room), "changed while you iterated"),
    ("03.1", loops_over(list), "waits for the slowest"),
    ("03.1", gathers, "waits for the slowest"),
    ("03.1", leaves_only_politely, "`finally` does"),
    ("03.1", never_leaves, "for ever"),
    ("03.2", trusts, "You trust data['user']"),
    ("03.2", changes, "The first one must hold"),
    ("03.2", two_anas, "two Anas"),
    ("03.2", keeps_for_ever, "Give it back"),
    ("03.3", reads(tell), "hang up: answer with an error"),
    ("03.3", reads(hang_up, Exception), "hang up: answer with an error"),
    ("03.3", reads(nothing, Exception), "ignored in silence"),
    ("03.3", reads(tell_all, Exception), "its sender alone"),
    ("03.3", swallows_all, "swallowed without a word"),
    ("03.3", passes_on_anything, "before you send them to others"),
    ("06.1", little_endian, "wrong way round"),
    ("06.1", always_long, "another form"),
    ("06.2", one_byte_of_the_mask, "take turns"),
    ("06.2", shorter_of_the_two, "begins again"),
    ("06.3", takes_pings_for_data, "no part of it"),
    ("06.3", decodes_each_fragment, "within a character"),
    ("06.3", decodes_each_and_hides_it, "half a character"),
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
    (
        "08.1",
        schedule(drawn, lambda base, cap, n: min(cap, base * 2 ** (n + 1))),
        "before the first",
    ),
    ("08.1", schedule(drawn, lambda base, cap, n: base * 2**n), "no cap"),
    ("08.1", schedule(lambda most: most), "choose at random"),
    ("08.1", schedule(lambda most: random.uniform(most / 2, most)), "full jitter begins at 0"),
    ("08.1", schedule(drawn, lambda base, cap, n: min(cap, base * 2**n)), "OverflowError"),
    ("08.2", persists(lambda error: True), "No waiting turns"),
    ("08.2", persists(lambda error: isinstance(error, OSError)), "not every refusal is for good"),
    ("08.2", persists(busy_or_away, tells=False), "let the exception through"),
    ("08.2", persists(busy_or_away, pauses=False), "without a pause"),
    (
        "08.2",
        persists(lambda error: busy_or_away(error) and not isinstance(error, OSError)),
        "heals",
    ),
    ("08.3", replays(least=0), "Start after the last one"),
    ("08.3", replays(epochs=False), "from another epoch"),
    ("08.3", replays(gaps=False), "that is a gap"),
    ("08.3", compares_texts, "compare numbers"),
    ("09.1", checks_nothing, "a stranger has signed"),
    ("09.1", takes_any_name, "can play every server"),
    ("09.2", connected_to, "where you have connected to"),
    ("09.2", common_name, "only a label"),
    ("10.1", counts(lambda there, back, text, before: there + back), "payload, no overhead"),
    ("10.1", counts(lambda there, back, text, before: back), "bytes of the request are missing"),
    (
        "10.1",
        counts(lambda there, back, text, before: back - len(text.encode())),
        "bytes of the request are missing",
    ),
    ("10.1", counts(lambda there, back, text, before: there), "the answer has"),
    (
        "10.1",
        counts(lambda there, back, text, before: there + back - len(text)),
        "encode the text first",
    ),
    (
        "10.1",
        counts(lambda there, back, text, before: before + there + back - len(text.encode())),
        "take the difference",
    ),
    ("10.2", dict.fromkeys(SOLUTIONS["10.2"], ("WebSocket", "both ways")), "weather by WebSocket"),
    ("10.2", chooses_ways(prices=("WebSocket", None)), "Last-Event-ID"),
    ("10.2", chooses_ways(prices=("short polling", None)), "asked for once"),
    ("10.2", chooses_ways(log=("long polling", None)), "asked for once"),
    ("10.2", chooses_ways(game=("SSE", None)), "a request of its own"),
    ("10.2", chooses_ways(camera=("SSE", None)), "1024 bytes became 1376, in a frame 1028"),
    ("10.2", chooses_ways(camera=("long polling", None)), "nobody had to ask"),
    ("10.2", chooses_ways(alarms=("SSE", None)), "when it is complete"),
    ("10.2", chooses_ways(alarms=("short polling", None)), "MB a day of nothing"),
    ("10.2", chooses_ways(camera=(None, "both ways")), "but not because of “both ways”"),
    ("10.2", chooses_ways(weather=(None, "one way")), "that is what decides"),
    ("12.1", ask_and_keep, "given up is still in pending"),
    ("12.1", ask_and_never_tidy, "grows with every question"),
    ("12.1", ask_under_one_id, "they had the same id"),
    ("12.2", any_topic, "a topic of its own"),
    ("12.2", known_topics(tidy=False), "still on the list: it grows"),
    ("12.2", known_topics(tidy=True), "`finally` is reached"),
    ("12.3", room_that(asks=False, listens=False), "with a wrong key has got in"),
    ("12.3", room_that(asks=True, listens=True), "was heard in it"),
    ("13.1", Everything, "further behind with each value"),
    ("13.1", Oldest, "drop what is new"),
    ("13.1", OneAndNoMore, "raised QueueFull"),
    ("13.1", AgainAndAgain, "each value is given once"),
    ("13.2", sends_without_a_deadline, "without a deadline"),
    ("13.2", sends_and_keeps, "to write is not to be taken"),
    ("13.2", evicts(lambda connection: connection.close(1008, "slow")), "wait for its end"),
    ("13.2", evicts(abort), "no code, no reason"),
    ("13.2", evicts(close_in_a_task), "as if all were well"),
    ("13.3", uploads(), "it is the sum"),
    ("13.3", uploads(limits="sum", code=1008), "every client knows"),
    ("13.3", uploads(limits="at the end"), "only after `end`"),
    ("11.1", changes_alone, "never what there was"),
    ("11.1", whole_each_time, "as long each time"),
    ("11.2", sends_every_value, "later and later"),
    ("11.2", drops_while_busy, "nothing follows that would put it right"),
    ("14.1", sends_shown_bytes, "Python shows them"),
    ("14.1", sends_fragments, "fragments of one message"),
    ("14.2", answers_everybody(), "for who has asked"),
    ("14.2", answers_one_by_one(), "nothing to lock"),
    ("14.3", takes_the_next_for_the_answer, "the next message for the answer"),
    ("14.3", waits_for_yes, "'one' was read"),
    ("14.3", reads_in_turns, "even in turns"),
    ("15.1", catches_up("ana", clean=True), "a clean session is forgotten"),
    ("15.1", catches_up("ana", qos=0), "at most once"),
    ("15.1", catches_up("ana", "bob"), "under another one"),
    ("15.1", catches_up("ana", stays=True), "still connected"),
    ("15.1", catches_up("ana", clean=True, waits=60), "a clean session is forgotten"),
    ("15.2", reads_length(lambda data: data[0]), "2 bytes here, not one"),
    ("15.2", reads_length(lambda data: data[0] & 127), "2 bytes here, not one"),
    ("15.2", reads_length(highest_first), "lowest seven bits come first"),
    ("15.2", reads_length(len, lambda first: (first & 15, first >> 4)), "upper four bits"),
    ("15.3", decides(meter_page=("WebSocket", None)), "no rivals"),
    ("15.3", decides(meter_page=("MQTT", None)), "opens no TCP"),
    ("15.3", decides(game=("MQTT in WebSocket", None)), "twice the way"),
    ("15.3", decides(pump=(None, "offline")), "not because of “offline”"),
    ("16.1", scaled(locally=True), "delivered twice"),
    ("16.1", scaled(skips=True), "somebody has not"),
    ("16.1", scaled(locally=True, publishes=False), "of its own process"),
    ("16.1", scaled(locally=True, skips=True), "in two orders"),
    ("16.1", scaled(again=True), "and so on for ever"),
    ("16.1", HearsInATask, "def, without async"),
    ("16.2", drains("close", "all", "stop"), "First finish, then close"),
    ("16.2", drains("stop", "close"), "and one could not be stored. Who can still speak"),
    ("16.2", drains("all", "stop", "close"), "the bus goes last"),
    ("16.2", drains("once", "close", "stop"), "Bob said one thing more"),
    ("16.2", drains("all", "close", "stop", code=1000), "does not say: come back"),
    ("16.3", keeps(1), "the next one too late"),
    ("16.3", keeps(0.3), "the next one too late"),
    ("16.3", keeps(3, how="message"), "was told nothing"),
    ("16.3", keeps(50), "are enough"),
]


def worked(number):
    """The answer as the cell would have it: 00.1 is what awaiting the coroutine gives."""
    answer = SOLUTIONS[number]
    return asyncio.run(answer()) if number == "00.1" else answer


@pytest.mark.parametrize("number", exercises())
def test_worked_answer_is_right(number):
    assert wsdemo.check(number, worked(number)).state == "right"


@pytest.mark.parametrize(("number", "answer", "diagnosis"), MISTAKES)
def test_mistake_has_its_diagnosis(number, answer, diagnosis):
    verdict = wsdemo.check(number, answer() if answer is never_awaited else answer)
    assert verdict.state == "look again"
    assert diagnosis in verdict.text


def test_patched_kernel_is_diagnosed(monkeypatch):
    monkeypatch.setattr(asyncio, "_nest_patched", True, raising=False)
    verdict = wsdemo.check("00.1", "You said: Are you there?")
    assert (verdict.state, "restart the kernel" in verdict.text) == ("look again", True)


def test_each_exercise_has_two_diagnoses():
    for number in exercises():
        # 00.1's second mistake, a patched kernel, has the test above.
        assert sum(each == number for each, _, _ in MISTAKES) + (number == "00.1") >= 2


def stubs():
    """The exercise cells of the notebooks, by the number they check."""
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and "wsdemo.check(" in source:
                yield source.partition('wsdemo.check("')[2][:4], source


def test_a_part_of_the_token_is_not_enough():
    verdict = wsdemo.check("05.1", refuses_with(401, part=True))
    assert verdict.state == "not yet"
    assert "the token and more" in verdict.text


async def awaits(wire, ask):
    return ask()


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        ("10.1", lambda wire, ask: 3, "call ask() once"),
        ("10.1", lambda wire, ask: len(ask() + ask()), "called 2 times"),
        ("10.1", lambda wire, ask: len(ask()) - 1, "bytes went there"),
        ("10.1", awaits, "not async def"),
        ("10.2", {"weather": "short polling"}, "weather: give a pair"),
        ("10.2", {"weather": ("short polling", "rare")}, "prices: give a pair"),
        ("10.2", chooses_ways(game=("telepathy", None)), 'game: "telepathy" is none of'),
        ("10.2", chooses_ways(game=(None, "fast")), 'game: "fast" is none of'),
    ],
)
def test_what_is_no_answer_to_10_has_a_hint(number, answer, hint):
    verdict = wsdemo.check(number, answer)
    assert verdict.state == "not yet"
    assert hint in verdict.text


async def returns_bytes(connect, away):
    text = await SOLUTIONS["15.1"](connect, away)
    return text.encode()


async def subscribes_and_no_more(connect, away):
    async with connect(identifier="ana", clean_session=False) as client:
        await client.subscribe([("news", 1)])


async def never_comes_back(connect, away):
    await subscribes_and_no_more(connect, away)
    await away()


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        ("15.1", lambda connect, away: "text", "write async def"),
        ("15.1", subscribes_and_no_more, "await away()"),
        ("15.1", never_comes_back, "come back"),
        ("15.1", returns_bytes, "decode it"),
        ("15.2", lambda data: 3, "return (type, flags, remaining length)"),
        ("15.2", lambda data: (data[0], 0, 0), "type 12, flags 0; not 192 and 0"),
        ("15.2", reads_length(lambda data: data[0] + data[1]), "length is 0, not 129"),
        ("15.3", {"meters": "MQTT"}, "meters: give a pair"),
        ("15.3", decides(game=("HTTP", None)), 'game: "HTTP" is none of'),
    ],
)
def test_what_is_no_answer_to_15_has_a_hint(number, answer, hint):
    verdict = wsdemo.check(number, answer)
    assert verdict.state == "not yet"
    assert hint in verdict.text


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        ("16.1", scaled(publishes=False), "nothing was published"),
        ("16.1", type("Deaf", (ScaledRoom,), {"hear": lambda *_: None}), "not to their members"),
        ("16.2", drains("all"), "still connected"),
        ("16.2", drains("all", "close"), "now stop the bus"),
        ("16.3", asyncio.sleep, "has hung up"),
    ],
)
def test_what_is_no_answer_to_16_has_a_hint(number, answer, hint):
    verdict = wsdemo.check(number, answer)
    assert verdict.state == "not yet"
    assert hint in verdict.text


def test_a_service_restart_is_right_too():
    assert wsdemo.check("16.2", drains("all", "close", "stop", code=1012)).state == "right"


def test_who_answers_a_bug_is_right_too():
    assert wsdemo.check("07.3", answers_a_bug).state == "right"


def test_the_latest_in_a_queue_is_right_too():
    assert wsdemo.check("13.1", LatestInAQueue).state == "right"


@pytest.mark.parametrize(("number", "source"), list(stubs()))
def test_stub_is_not_yet(number, source):
    scope = {"wsdemo": wsdemo}
    exec(source.rpartition("wsdemo.check")[0], scope)
    answer = eval(source.rpartition(", ")[2].rstrip(")\n"), scope)
    assert wsdemo.check(number, answer).state == "not yet"


def test_stubs_are_all_there():
    assert sorted(number for number, _ in stubs()) == exercises() == sorted(SOLUTIONS)


def test_a_check_loads_its_own_lesson_only():
    program = """
import sys, wsdemo
wsdemo.check("02.1")
print([name for name in sys.modules if name.startswith("wsdemo.checks.lesson")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "['wsdemo.checks.lesson_02_echo']"


def test_unknown_exercise():
    with pytest.raises(ValueError, match=r"no exercise '99\.1'; there are 00\.1"):
        wsdemo.check("99.1", 1)


def test_an_answer_that_raises():
    def answer(key):
        return 1 / 0

    verdict = wsdemo.check("01.1", answer)
    assert verdict.state == "look again"
    line = answer.__code__.co_firstlineno + 1
    assert verdict.text == (
        f"your code raised ZeroDivisionError: division by zero "
        f"(line {line}, in answer: return 1 / 0)"
    )


@pytest.mark.parametrize("error", [SystemExit("bye"), KeyboardInterrupt(), GeneratorExit()])
def test_an_answer_that_would_end_a_program(error):
    def answer(key):
        raise error

    verdict = wsdemo.check("01.1", answer)
    assert verdict.state == "look again"
    assert verdict.text.startswith(f"your code raised {type(error).__name__}")


async def has_its_own_limit(connection, word, seconds):
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()


def test_a_time_limit_of_the_answer_is_not_that_of_the_check():
    verdict = wsdemo.check("13.2", has_its_own_limit)
    assert verdict.text.startswith("your code raised TimeoutError (line ")
    assert "in has_its_own_limit: " in verdict.text


async def never_sends(connection, word, seconds):
    await asyncio.Event().wait()


def test_a_time_limit_of_the_check_is_named():
    verdict = wsdemo.check("13.2", never_sends)
    assert verdict.text == "your answer had not finished after 2 s"


def test_an_answer_that_lets_the_time_out_escape_is_told_so():
    async def escapes(connection, seconds):
        return await asyncio.wait_for(connection.recv(), seconds)

    assert "your function raised TimeoutError" in wsdemo.check("02.3", escapes).text
    assert "still waited after 2 s" in wsdemo.check("02.3", waits_for_ever).text


def test_waits_that_are_longer_than_the_cap_have_a_hint():
    def waits(base, cap):
        if base == 0.01:
            return iter([60.0] * 10)
        return SOLUTIONS["08.1"](base, cap)

    verdict = wsdemo.check("08.1", waits)
    assert verdict.text == "your answer had not finished after 2 s"


def test_an_answer_of_the_wrong_kind_is_said_to_be_of_no_use():
    verdict = wsdemo.check("01.1", lambda: "no key")
    assert verdict.state == "look again"
    assert verdict.text.startswith("the check could not use your answer: TypeError: ")


@pytest.mark.parametrize("error", [TimeoutError(), OSError(24, "Too many open files")])
def test_a_fault_of_the_check_is_no_verdict(monkeypatch, error):
    async def broken(answer):
        raise error

    # As if it stood in the package.
    broken.__code__ = broken.__code__.replace(co_filename=wsdemo.checks.__file__)
    monkeypatch.setitem(wsdemo.checks._judges, "01.1", broken)
    verdict = wsdemo.check("01.1", "anything")
    assert verdict.state == "no verdict"
    assert verdict.text.startswith(f"the check itself failed: {type(error).__name__}")
    assert repr(verdict).startswith("? 01.1 no verdict: ")


def test_a_check_that_takes_too_long_names_its_limit(monkeypatch):
    monkeypatch.setattr(wsdemo.checks, "TIME_LIMIT", 0.1)
    verdict = wsdemo.check("02.3", waits_for_ever)
    assert verdict.text == "your answer had not finished after 0.1 s"


def test_verdict_can_be_read_in_text_and_in_colour():
    verdict = wsdemo.check("00.2", None)
    assert repr(verdict).startswith("… 00.2 not yet: ")
    assert 'role="status"' in verdict._repr_html_()
    assert "&lt;" in type(verdict)("00.2", "right", "<b>")._repr_html_()


def test_no_thread_is_left():
    wsdemo.check("02.1", SOLUTIONS["02.1"])
    assert not [each for each in threading.enumerate() if "exercise" in each.name]
    assert inspect.iscoroutinefunction(SOLUTIONS["02.1"])
