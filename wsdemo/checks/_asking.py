"""A client of lesson 20 that asks a model and sends stops, and what a verdict says of both."""

import itertools
import json
from typing import Any

from wsdemo.checks import Misconception, NotYet
from wsdemo.checks._inbox import Inbox, until
from wsdemo.checks._model import RAN_ON, Answer, Model
from wsdemo.checks._plain import Plain

__all__ = ["STOP", "Client", "counts", "sending_only"]

STOP = {"action": "stop"}


class Client:
    """A client that asks one question after the other.

    Attributes:
        inbox: the connection, and all that it has received.
        answer: the answer to the last question.
    """

    def __init__(self, inbox: Inbox, model: Model) -> None:
        self.inbox = inbox
        self._model = model
        self._seen = 0

    async def ask(self, question: str, answer: Answer) -> None:
        """Ask a question, and set the answer that the model knows to it."""
        self.answer = self._model.know(question, answer)
        self._seen = len(self.inbox.received)
        self._asked = {"action": "ask", "question": question}
        await self.inbox.send(self._asked)

    async def have(self, count: int) -> None:
        """Wait until so many tokens of this answer have come.

        Raises:
            NotYet: the handler has done something else.
            Misconception: the handler waits for the whole answer first.
        """
        await until(lambda: len(self.messages) >= count or self.inbox.ended)
        if len(self.tokens) >= count:
            return
        happened = {"input": self._asked}
        if self.crashed:
            raise Misconception(
                "a question came, and your handler raised an exception: the client sees 1011.",
                **happened,
                received=self.closed,
            )
        if self.inbox.ended:
            raise NotYet(
                "a question came, and the connection was closed: your handler has ended. Loop "
                "over the messages of the connection.",
                **happened,
                received=self.closed,
            )
        if not self.answer.begun:
            self._explain_no_stream()
        if self.messages:
            raise NotYet(
                'send each token as JSON, and nothing else before the end: {"token": …}',
                **happened,
                received=self.messages[0],
            )
        if self.answer.computed >= count:
            raise Misconception(
                f"the model had computed {self.answer.computed} tokens, and your handler sent none "
                "before it had computed all of them. Send each token as soon as it is there.",
                **happened,
                expected=[{"token": each} for each in self.answer.texts[:count]],
                received=Plain("nothing"),
            )
        raise NotYet("take tokens from stream(question), and send each of them", **happened)

    def _explain_no_stream(self) -> None:
        question = self._asked["question"]
        others = [each for each in self._model.asked if each != question]
        if others and question not in self._model.asked:
            raise NotYet(
                "call stream with the client's question, and with nothing else",
                input=self._asked,
                expected=Plain(f"stream({question!r})"),
                received=Plain(f"stream({others[-1]!r})"),
            )
        if question in self._model.asked:
            raise NotYet(
                "you called stream(question), and took no token from it: `async for token in …`",
                input=self._asked,
            )
        raise NotYet("answer each question: call stream(question)", input=self._asked)

    @property
    def crashed(self) -> bool:
        """Whether the handler has raised an exception."""
        return self.inbox.ended and self.inbox.client.close_code == 1011

    @property
    def closed(self) -> str:
        """How the connection has ended, for a verdict."""
        return Plain(f"the connection was closed with {self.inbox.client.close_code}")

    @property
    def messages(self) -> list[Any]:
        """All messages since the question: as JSON, or as they are."""
        return [_parsed(each) for each in self.inbox.received[self._seen :]]

    @property
    def tokens(self) -> list[Any]:
        """The tokens since the question."""
        return [each["token"] for each in self.messages if _has(each, "token")]

    @property
    def ends(self) -> list[Any]:
        """The ends since the question."""
        return [each["end"] for each in self.messages if _has(each, "end")]

    @property
    def late_tokens(self) -> list[Any]:
        """The tokens that came after the first end."""
        rest = itertools.dropwhile(lambda each: not _has(each, "end"), self.messages)
        return [each["token"] for each in rest if _has(each, "token")]

    async def stop(self) -> None:
        """Send a stop, and wait for the end, or until the model has run on.

        Raises:
            NotYet: no end has come, and the model does not run on.
            Misconception: the model goes on.
        """
        computed, had = self.answer.computed, len(self.tokens)
        await self.inbox.send(STOP)
        await until(
            lambda: self.ends or self.inbox.ended or self.answer.computed > computed + RAN_ON
        )
        if self.ends:
            return
        self.expect_connected(had)
        if len(self.tokens) > had + RAN_ON / 2:
            raise Misconception(
                "your handler reads the stop only after the whole answer: while it sends an "
                "answer, it does not receive. Send the answer in a task, and receive meanwhile.",
                **counts(self, had),
            )
        if self.answer.computed > computed + RAN_ON:
            raise sending_only(self, had)
        if not self.answer.ended:
            raise Misconception(
                "a stop came while the model was computing its next token, and no end was sent. "
                "This token can take a minute: cancel the task that waits for it.",
                **counts(self, had),
            )
        raise NotYet(
            'a stop came, and the model has stopped: now send {"end": "stopped"}',
            received=Plain("no end"),
        )

    def expect_connected(self, had: int) -> None:
        """Raise a finding if a stop, after so many tokens, has ended the connection."""
        if self.crashed:
            raise Misconception(
                "a stop came, and your handler raised an exception: the client sees 1011.",
                input=Plain(f"a stop, after {had} tokens"),
                received=self.closed,
            )
        if self.inbox.ended:
            raise Misconception(
                "a stop ends the answer, and not the connection: the client may ask again. Send "
                'the end, {"end": "stopped"}, and go on receiving.',
                input=Plain(f"a stop, after {had} tokens"),
                received=self.closed,
            )


def _has(message: Any, key: str) -> bool:
    return isinstance(message, dict) and key in message


def _parsed(message: str | bytes) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return message


def counts(client: Client, had: int) -> dict[str, Any]:
    return {
        "input": Plain(f"a stop, after {had} tokens"),
        "expected": Plain("the model computes at most one more token"),
        "received": Plain(
            f"the client has {len(client.tokens)} tokens, "
            f"and the model has computed {client.answer.computed}"
        ),
    }


def sending_only(client: Client, had: int) -> Misconception:
    return Misconception(
        "you stopped sending, and the model goes on computing tokens that nobody reads. Cancel "
        "the task that takes tokens from the generator.",
        **counts(client, had),
    )
