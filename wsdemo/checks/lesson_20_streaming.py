"""The first exercise of lesson 20: a stop and a disconnect that reach the model."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import connect

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._asking import STOP, Client, counts, sending_only
from wsdemo.checks._inbox import Inbox, settle, until
from wsdemo.checks._model import RAN_ON, Answer, Model
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import serving

TEXTS = ("Eve ", "stop", "0", "", '{"end": "complete"}', " pays tomorrow ")
"""Tokens of the first answer. A right handler sends them as they are."""

HELD = 3
"""The model waits after so many tokens; a client must have them all by then."""


@exercise("20.1", time_limit=8)
async def converse(answer: Callable[..., Any]) -> str:
    """Check a handler by stops and disconnects at many moments."""
    model = Model()
    async with serving(lambda connection: answer(connection, model.stream)) as url:
        try:
            async with _client(url, model) as ana:
                await _whole_answer(ana)
                await _idle_stop(ana, "a stop after the end of an answer")
                await _stop_while_it_runs(ana)
                await _stop_while_it_thinks(ana)
                async with _client(url, model) as bob:
                    await _two_clients(ana, bob)
            async with _client(url, model) as ana, _client(url, model) as bob:
                await _leave(ana, bob)
        finally:
            model.finish()  # or the server waits for a handler that waits for the model
    return "a stop, and a client that leaves, end the computation: at most one more token."


@contextlib.asynccontextmanager
async def _client(url: str, model: Model) -> AsyncIterator[Client]:
    async with connect(url, close_timeout=0.5, max_queue=None) as connection:
        yield Client(Inbox(connection), model)


async def _whole_answer(ana: Client) -> None:
    answer = Answer(TEXTS, free=HELD)
    await ana.ask("When does Eve pay?", answer)
    await ana.have(HELD)
    answer.allow()
    await until(lambda: ana.ends or ana.inbox.ended)
    expected = [{"token": each} for each in TEXTS]
    if ana.tokens != list(TEXTS):
        raise Misconception(
            "send the tokens as they are, all of them, in their order: with their spaces, and an "
            "empty one, too.",
            expected=expected,
            received=ana.messages,
        )
    if ana.ends != ["complete"]:
        raise NotYet(
            'after the last token, send {"end": "complete"}',
            expected=[*expected, {"end": "complete"}],
            received=ana.messages,
        )


async def _idle_stop(client: Client, when: str) -> None:
    """Check that a stop does nothing while no answer is running."""
    count = len(client.messages)
    await client.inbox.send(STOP)
    await client.inbox.in_step()
    await settle()
    happened = {"input": Plain(when), "expected": Plain("nothing happens")}
    if client.inbox.ended:
        raise Misconception(
            "a stop came while no answer was running, and the connection was closed. Ignore "
            "it: a stop and an end can cross on their way.",
            **happened,
            received=client.closed,
        )
    if len(client.messages) > count:
        raise Misconception(
            "a stop came while no answer was running, and you replied. The client takes this for "
            "the end of its next answer.",
            **happened,
            received=client.messages[-1],
        )


async def _stop_while_it_runs(ana: Client) -> None:
    answer = Answer()
    await ana.ask("Why not today?", answer)
    await ana.have(5)
    had = len(ana.tokens)
    await ana.stop()
    computed = answer.computed
    await until(lambda: answer.ended or answer.computed > computed + RAN_ON)
    await ana.inbox.in_step()
    ana.expect_connected(had)
    if ana.late_tokens:
        raise Misconception(
            "you sent the end, and tokens came after the end: the client takes them for tokens of "
            "its next answer. Cancel the task that sends them.",
            **counts(ana, had),
        )
    if answer.computed > computed + RAN_ON:
        raise sending_only(ana, had)
    _expect_end(ana, had)
    if answer.computed > len(ana.tokens) + 1:
        raise Misconception(
            "after the stop, the model goes on for a while: the client has the end, and the model "
            "has computed more than one token that nobody received.",
            **counts(ana, had),
        )


def _expect_end(client: Client, had: int) -> None:
    if client.ends != ["stopped"]:
        raise Misconception(
            "an answer was stopped. Send one end, which says so: the client must know whether it "
            f"has the whole answer. You sent {client.ends[0]!r}"
            + (f" and {len(client.ends) - 1} more." if client.ends[1:] else "."),
            input=Plain(f"a stop, after {had} tokens"),
            expected=["stopped"],
            received=client.ends,
        )
    if not client.answer.ended:
        raise Misconception(
            "the stop has ended the answer, and the generator is not closed: its `finally` has not "
            "run, so the model keeps what it uses. Close it with contextlib.aclosing, or cancel "
            "the task that awaits its next token.",
            input=Plain(f"a stop, after {had} tokens"),
        )


async def _stop_while_it_thinks(ana: Client) -> None:
    answer = Answer(free=2)
    await ana.ask("Why not?", answer)
    await ana.have(2)
    await until(lambda: answer.held)
    await ana.stop()
    await until(lambda: answer.ended)
    _expect_end(ana, 2)


async def _two_clients(ana: Client, bob: Client) -> None:
    await _idle_stop(bob, "a stop before the first question")
    await bob.ask("Bob: one more?", Answer(free=2))
    await until(lambda: len(bob.tokens) >= 2 or bob.inbox.ended)
    if not bob.answer.begun and not bob.inbox.ended:
        raise Misconception(
            "one client is connected, and another client comes and asks: it gets nothing until "
            "the first one leaves. Each connection has its own call of your handler; share no "
            "lock."
        )
    await bob.have(2)
    await ana.ask("Ana: one more?", Answer(TEXTS, free=2))
    await ana.have(2)
    await until(lambda: ana.answer.held and bob.answer.held)
    await bob.stop()
    await settle()
    ana.answer.allow()
    await until(lambda: ana.ends or ana.inbox.ended or bob.answer.ended)
    await until(lambda: bob.answer.ended and (ana.ends or ana.inbox.ended))
    if ana.tokens != list(TEXTS) or ana.ends != ["complete"]:
        raise Misconception(
            "one client sent a stop, and the answer of another client was stopped. Keep the task "
            "in a local variable of the handler: it belongs to one connection.",
            expected=[*({"token": each} for each in TEXTS), {"end": "complete"}],
            received=ana.messages,
        )
    _expect_end(bob, 2)


async def _leave(ana: Client, bob: Client) -> None:
    """One client closes its connection while the model computes; the other one is cut."""
    await ana.ask("Ana: and now?", Answer(free=2))
    await bob.ask("Bob: and now?", Answer())
    await ana.have(2)
    await bob.have(5)
    await until(lambda: ana.answer.held)
    await ana.inbox.client.close()
    computed = bob.answer.computed
    bob.inbox.client.transport.abort()
    for each, how in ((bob, "was cut off"), (ana, "closed its connection")):
        await _expect_ended(each.answer, bob.answer, computed, how)


async def _expect_ended(answer: Answer, running: Answer, computed: int, how: str) -> None:
    await until(lambda: answer.ended or running.computed > computed + 3 * RAN_ON)
    if not answer.ended:
        raise Misconception(
            "a client has left, and nobody can read the answer, but its generator has not ended. "
            "Cancel the task in `finally`, when your loop over the messages has ended.",
            input=Plain(f"a client that {how}, while the model was computing"),
            expected=Plain("the generator ends"),
            received=Plain(f"it goes on; {answer.computed} tokens so far"),
        )
