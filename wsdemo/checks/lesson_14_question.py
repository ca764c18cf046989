"""The third exercise of lesson 14."""

from collections.abc import Callable
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._trial import Trial, trial

QUESTION = "still there?"
MESSAGES = ["one", "two", "Yes", "yes please", "yes", "three", "yes", "four"]
ANSWER = MESSAGES.index("yes")
REPLIES = ["good" if n == ANSWER else f"echo: {each}" for n, each in enumerate(MESSAGES)]


@exercise("14.3")
async def one_reader(handler: Callable[..., Any]) -> str:
    """Check a handler that asks a question while other messages come."""
    async with trial(handler) as served:
        ana, bob = await _asked(served), await _asked(served)
        for message in MESSAGES:
            await ana.send_raw(message)
        await until(lambda: len(ana.received) > len(MESSAGES) or ana.ended)
        await ana.in_step()
        _expect_replies(ana)
        await bob.send_raw("yes")
        await until(lambda: len(bob.received) > 1 or bob.ended)
        if bob.received[1:] != ["good"]:
            raise Misconception(
                "a second client has sent 'yes' to its own question. Keep what you know about a "
                "client in a local variable: each client has its own question.",
                expected=["good"],
                received=bob.received[1:],
            )
    return "only one place reads, and it knows what each message is."


async def _asked(served: Trial) -> Inbox:
    inbox = Inbox(await served.join())
    await until(lambda: inbox.received or inbox.ended)
    if inbox.received[:1] != [QUESTION]:
        raise NotYet(f"the first message to a client must be {QUESTION!r}", received=inbox.received)
    return inbox


def _expect_replies(inbox: Inbox) -> None:
    replies = inbox.received[1:]
    if sorted(map(str, replies)) == sorted(REPLIES):
        return
    lost = [each for each in MESSAGES if f"echo: {each}" not in replies and each != "yes"]
    good, echoes = replies.count("good"), replies.count("echo: yes")
    evidence: dict[str, Any] = {"input": MESSAGES, "expected": REPLIES, "received": replies}
    if inbox.ended:
        raise Misconception(
            "your handler ended the connection while messages came: reply to those after the "
            "answer, too.",
            **evidence,
        )
    if not replies:
        raise NotYet(
            "no message got a reply. A message that is not the answer needs its echo, too, while "
            "the question is open",
            **evidence,
        )
    echoed = any(str(each).startswith("echo: ") for each in replies)
    if lost and echoed and len(replies) < len(MESSAGES):
        raise Misconception(
            f"{lost[0]!r} got no reply. If two places read, even in turns, each of them takes "
            "messages that the other one needs: read in only one place, and decide there what a "
            "message is.",
            **evidence,
        )
    if lost and echoed and good and echoes > 1:
        raise Misconception(
            f"{lost[0]!r} was not echoed, but 'yes' was. "
            + (
                "The next message need not be the answer: look at its text."
                if lost[0] == MESSAGES[0]
                else "Only 'yes' is the answer."
            ),
            **evidence,
        )
    if not good and echoes:
        raise NotYet(
            "'yes' was echoed, and no 'good' came. The answer can come after other messages; the "
            "reader must know whether the question is still open",
            **evidence,
        )
    if good > 1 and not lost:
        raise Misconception(
            "a second 'yes' got 'good', too. The question was answered already, so this is a "
            "message like any other: echo it.",
            **evidence,
        )
    if good == 1 and echoes > 1 and not lost:
        raise Misconception(
            "'yes' got 'good', and was echoed as well: only reply 'good'.", **evidence
        )
    raise NotYet(
        "reply 'good' to the first 'yes', and 'echo: x' to any other message x", **evidence
    )
