"""A toy model for the checks of lesson 20: its answers can be held back, and are counted."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

__all__ = ["RAN_ON", "Answer", "Model"]

STEP = 0.001
"""Seconds that the computation of a token takes."""

RAN_ON = 150
"""Tokens after which a model has run on: a stop or a disconnect is noticed after a few."""

ENDLESS = tuple(f"word {number} " for number in range(1, 3001))
"""More tokens than a check waits for."""


class Answer:
    """An answer, as an async generator of tokens that the check can hold back.

    Args:
        texts: its tokens.
        free: how many of them are computed without :meth:`allow`; ``None`` for all.

    Attributes:
        texts: its tokens.
        computed: how many tokens have been computed.
        held: whether the model waits for :meth:`allow` before its next token.
        begun: whether the first token was asked for.
        ended: whether the generator has ended, or was closed.
    """

    def __init__(self, texts: Sequence[str] = ENDLESS, free: int | None = None) -> None:
        self.texts = texts
        self.computed = 0
        self.begun = self.held = self.ended = False
        self._free = free
        self._allowed = asyncio.Event()
        self._finished = False

    def allow(self, free: int | None = None) -> None:
        """Let the model compute so many tokens in all, or the whole answer."""
        self._free, self.held = free, False
        self._allowed.set()

    def finish(self) -> None:
        """Let the model compute nothing more, so that a handler which waits for it ends."""
        self._finished = True
        self.allow(0)

    async def tokens(self) -> AsyncGenerator[str]:
        """Compute the tokens."""
        self.begun = True
        try:
            for text in self.texts:
                while self._free is not None and self.computed >= self._free:
                    self._allowed.clear()
                    self.held = True
                    await self._allowed.wait()
                    if self._finished:
                        return
                await asyncio.sleep(STEP)
                self.computed += 1
                yield text
        finally:
            self.ended = True


class Model:
    """A model that knows the answers to the questions of a check.

    Attributes:
        asked: the arguments of all calls of :meth:`stream`.
    """

    def __init__(self) -> None:
        self.asked: list[object] = []
        self._answers: dict[object, Answer] = {}

    def know(self, question: str, answer: Answer) -> Answer:
        """Set the answer to a question, and return this answer."""
        self._answers[question] = answer
        return answer

    def finish(self) -> None:
        """End all answers."""
        for answer in self._answers.values():
            answer.finish()

    def stream(self, question: str) -> AsyncGenerator[str]:
        """Return the tokens of the answer: none, if the question is not known."""
        self.asked.append(question)
        known = isinstance(question, str) and question in self._answers
        return (self._answers[question] if known else Answer(())).tokens()
