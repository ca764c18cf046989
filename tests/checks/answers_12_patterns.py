"""Answers to the exercises 12.1 and 12.2: mistakes, what is no answer yet, right ones."""

import asyncio
import contextlib
import functools
import itertools
import json
import random
import uuid

from websockets.exceptions import ConnectionClosed


def asks(new_id, wait=asyncio.wait_for, *, before=1, after=1, guarded=True):
    """An answer to 12.1.

    Args:
        new_id: makes an id, given the dict of what is pending and the request.
        wait: waits for the future.
        before: whether the future is registered before the request is sent.
        after: whether the entry is removed afterwards: 1 always, 0.5 after a reply and after
            a TimeoutError, 0.2 after a reply only, 0 never.
        guarded: whether sending is inside of the `try`.
    """

    async def ask(client, pending, request, seconds):
        number = new_id(pending, request)
        future = asyncio.get_running_loop().create_future()
        if before:
            pending[number] = future
        if not guarded:
            await client.send(json.dumps({**request, "id": number}))
        try:
            if guarded:
                await client.send(json.dumps({**request, "id": number}))
            pending[number] = future
            result = await wait(future, seconds)
        except TimeoutError:
            if after == 0.5:
                pending.pop(number, None)
            raise
        finally:
            if after == 1:
                pending.pop(number, None)
        if after:
            pending.pop(number, None)
        return result

    return ask


def counter():
    numbers = itertools.count(1)
    return lambda pending, request: next(numbers)


def random_id(pending, request):
    return uuid.uuid4().hex


async def read_myself(client, pending, request, seconds):
    await client.send(json.dumps({**request, "id": random_id(pending, request)}))
    return json.loads(await asyncio.wait_for(client.recv(), seconds))["data"]


async def clear_all(client, pending, request, seconds):
    try:
        return await asks(random_id, after=0)(client, pending, request, seconds)
    finally:
        pending.clear()


async def swallow_the_timeout(client, pending, request, seconds):
    with contextlib.suppress(TimeoutError):
        return await asks(random_id)(client, pending, request, seconds)


async def another_error(client, pending, request, seconds):
    try:
        return await asks(random_id)(client, pending, request, seconds)
    except TimeoutError:
        raise ValueError("no reply") from None


async def wait_without_end(future, seconds):
    return await future


def wait_for_times(factor):
    return lambda future, seconds: asyncio.wait_for(future, factor * seconds)


def wait_always(seconds):
    return lambda future, _: asyncio.wait_for(future, seconds)


async def give_the_future(future, seconds):
    return future


def one_at_a_time():
    lock, ask_alone = asyncio.Lock(), asks(random_id)

    async def ask(*arguments):
        async with lock:
            return await ask_alone(*arguments)

    return ask


async def send_without_an_id(client, pending, request, seconds):
    await client.send(json.dumps(request))
    pending[1] = future = asyncio.get_running_loop().create_future()
    return await asyncio.wait_for(future, seconds)


async def send_no_json(client, pending, request, seconds):
    await client.send(str({**request, "id": 1}))


class Requests:
    """Numbers the requests, and removes the entry in a callback."""

    last = 0

    async def __call__(self, client, pending, request, seconds):
        self.last += 1
        number = str(self.last)
        pending[number] = future = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: pending.pop(number))
        try:
            async with asyncio.timeout(seconds):
                await client.send(json.dumps(request | {"id": number}))
                return await future
        finally:
            future.cancel()


async def wait_and_look(future, seconds):
    done, _ = await asyncio.wait([future], timeout=seconds)
    if not done:
        raise TimeoutError(f"no reply within {seconds} s")
    return future.result()


async def poll(client, pending, request, seconds, new_id):
    """Without a context manager or a `finally`: an exit stack, and a look now and then."""
    with contextlib.ExitStack() as stack:
        number = new_id(pending, request)
        pending[number] = asyncio.get_running_loop().create_future()
        stack.callback(pending.pop, number)
        await client.send(json.dumps({"id": number, **request}).encode(), text=True)
        deadline = asyncio.get_running_loop().time() + seconds
        while not pending[number].done():
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError
            await asyncio.sleep(0.005)
        return pending[number].result()


def subscribes(
    *, unknown="error", once=False, tidy="finally", add=set.add, error='{"error": "no such topic"}'
):
    """An answer to 12.2.

    Args:
        unknown: what an unknown topic gets: error, silence, KeyError, a new topic, the end.
        once: whether only the first request is read.
        tidy: when the connection is removed: in `finally`, after the loop, or never.
        add: adds a connection to a set.
        error: the reply to an unknown topic.
    """

    async def handler(connection, topics):
        try:
            async for text in connection:
                topic = json.loads(text)["topic"]
                if topic in topics or unknown == "KeyError":
                    add(topics[topic], connection)
                elif unknown == "a new topic":
                    topics[topic] = {connection}
                elif unknown != "silence":
                    await connection.send(error)
                if once or (unknown == "the end" and topic not in topics):
                    break
            if tidy == "after the loop":
                remove_from_all(connection, topics)
        finally:
            if callable(tidy):
                tidy(connection, topics)
            if tidy == "finally":
                remove_from_all(connection, topics)

    return handler


def remove_from_all(connection, topics):
    for subscribers in topics.values():
        subscribers.discard(connection)


def remove_without_looking(connection, topics):
    for subscribers in topics.values():
        subscribers.remove(connection)


def clear_all_topics(connection, topics):
    for subscribers in topics.values():
        subscribers.clear()


def drop_empty_topics(connection, topics):
    for topic in list(topics):
        topics[topic].discard(connection)
        if not topics[topic]:
            del topics[topic]


def remove_from_one(connection, topics):
    for subscribers in topics.values():
        if connection in subscribers:
            subscribers.remove(connection)
            break


async def remove_from_the_last(connection, topics):
    topic = None
    try:
        async for text in connection:
            topic = json.loads(text)["topic"]
            if topic in topics:
                topics[topic].add(connection)
            else:
                await connection.send(json.dumps({"error": "no such topic"}))
    finally:
        topics.get(topic, set()).discard(connection)


def replace_the_others(subscribers, connection):
    subscribers.clear()
    subscribers.add(connection)


async def by_prefix(connection, topics):
    try:
        async for text in connection:
            asked = json.loads(text)["topic"]
            if found := [topic for topic in topics if asked.startswith(topic)]:
                topics[found[0]].add(connection)
            else:
                await connection.send(json.dumps({"error": "no such topic"}))
    finally:
        remove_from_all(connection, topics)


async def subscribe_to_all(connection, topics):
    async def added():
        for each in topics.values():
            each.add(connection)

    await added()
    await subscribes()(connection, topics)


def remove_the_closed_when_another_comes():
    known = subscribes(tidy="never")

    async def handler(connection, topics):
        for each in topics.values():
            each -= {other for other in each if other.state.name != "OPEN"}
        await known(connection, topics)

    return handler


async def confirm_each(connection, topics):
    """With a stack of what to undo; it confirms each subscription."""
    async with contextlib.AsyncExitStack() as stack:
        async for text in connection:
            match json.loads(text):
                case {"action": "subscribe", "topic": topic} if topic in topics:
                    topics[topic].add(connection)
                    stack.callback(topics[topic].discard, connection)
                    await connection.send(json.dumps({"id": None, "data": None, "topic": topic}))
                case request:
                    await connection.send(json.dumps({"error": "unknown", "request": request}))


class Subscriptions:
    """Rebinds the sets, and reads with recv."""

    async def __call__(self, connection, topics):
        try:
            while True:
                request = json.loads(await connection.recv(decode=False))
                try:
                    topics[request["topic"]] |= {connection}
                except KeyError:
                    await connection.send(json.dumps({"error": {"code": 404}}))
        except ConnectionClosed:
            pass
        finally:
            for topic in topics:
                topics[topic] = topics[topic] - {connection}


async def answer_in_a_task(connection, topics):
    async def answer(text):
        if topics.get(topic := json.loads(text)["topic"]) is None:
            await connection.send(json.dumps({"error": f"no topic {topic}"}))
        else:
            topics[topic].add(connection)

    try:
        async with asyncio.TaskGroup() as tasks:
            async for text in connection:
                tasks.create_task(answer(text))
    finally:
        list(map(lambda each: each.discard(connection), topics.values()))


MISTAKES = [
    ("12.1", asks(lambda pending, _: len(pending) + 1), "used for another request before"),
    ("12.1", asks(lambda pending, _: max(pending, default=0) + 1), "used for another"),
    ("12.1", asks(lambda *_: random.randrange(4)), "the same id"),
    ("12.1", asks(lambda *_: 1), "the same id"),
    ("12.1", asks(lambda _, request: request["action"]), "the same id"),
    ("12.1", asks(random_id, after=0), "answered, and its entry is still in pending"),
    ("12.1", asks(random_id, after=0.2), "given up, and its entry is still in pending"),
    ("12.1", asks(random_id, after=0.5), "cancelled, and its entry is still in pending"),
    ("12.1", asks(random_id, guarded=False), "could not be sent"),
    ("12.1", asks(random_id, before=0), "before its future was in pending"),
    ("12.1", asks(random_id, wait_without_end), "still waited"),
    ("12.1", asks(random_id, wait_for_times(2)), "still waited"),
    ("12.1", asks(random_id, wait_for_times(0.5)), "too early"),
    ("12.1", asks(random_id, wait_for_times(0.001)), "too early"),
    ("12.1", asks(random_id, wait_always(0.24)), "seconds=0.5"),
    ("12.1", clear_all, "remove no entries of other"),
    ("12.1", swallow_the_timeout, "no reply came"),
    ("12.1", another_error, "raise TimeoutError"),
    ("12.1", read_myself, "ConcurrencyError"),
    ("12.2", subscribes(unknown="a new topic", tidy="never"), "a topic of its own"),
    ("12.2", subscribes(tidy="never"), "still in the set"),
    ("12.2", subscribes(tidy="after the loop"), "`finally`"),
    ("12.2", subscribes(tidy=remove_without_looking), "still in the set"),
    ("12.2", subscribes(tidy=remove_from_one), "still in the set"),
    ("12.2", remove_from_the_last, "still in the set"),
    ("12.2", remove_the_closed_when_another_comes(), "still in the set"),
    ("12.2", subscribes(tidy=clear_all_topics), "another client"),
    ("12.2", subscribes(tidy=drop_empty_topics), "the topics"),
    ("12.2", subscribes(add=replace_the_others), "another client"),
    ("12.2", by_prefix, "set of another topic"),
    ("12.2", subscribe_to_all, "has not subscribed"),
    ("12.2", subscribes(unknown="the end"), "after an unknown topic"),
]


async def none_for_a_prompt_reply(client, pending, request, seconds):
    reply = await asks(random_id)(client, pending, request, seconds)
    return None if reply == "prompt" else reply


HINTS = [
    ("12.1", none_for_a_prompt_reply, "a reply may come at once"),
    ("12.1", send_without_an_id, "id"),
    ("12.1", send_no_json, "JSON"),
    ("12.1", one_at_a_time(), "without waiting for the others"),
    ("12.1", asks(random_id, give_the_future), "returned"),
    ("12.2", subscribes(unknown="silence"), '{"error": …}'),
    ("12.2", subscribes(unknown="KeyError"), '{"error": …}'),
    ("12.2", subscribes(once=True), "loop"),
    ("12.2", subscribes(error="error: no such topic"), '{"error": …}'),
    ("12.2", subscribes(error='["error"]'), '{"error": …}'),
]

RIGHT = [
    ("12.1", asks(counter())),
    ("12.1", asks(random_id, wait_and_look)),
    ("12.1", Requests()),
    ("12.1", functools.partial(poll, new_id=random_id)),
    ("12.2", confirm_each),
    ("12.2", Subscriptions()),
    ("12.2", functools.partial(answer_in_a_task)),
    ("12.2", subscribes(error='{"error": null}')),
    (
        "12.2",
        lambda connection, topics: subscribes(error='{"id": 1, "error": 404}')(connection, topics),
    ),
]
