"""A vote: one question, asked once or twice, and what each learner has chosen."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from wsdemo.classroom.questions import Question

__all__ = ["Closed", "Round", "Vote"]


class Closed(Exception):
    """A choice cannot be taken; the text says why."""


@dataclass
class Round:
    """One time that a question is asked.

    Attributes:
        choices: the letter that each learner has chosen, by the learner's identifier.
        revealed: whether the room has seen the counts. Then choices are no longer taken.
    """

    choices: dict[str, str] = field(default_factory=dict)
    revealed: bool = False

    def counts(self, letters: "list[str]") -> dict[str, int]:
        """How many have chosen each letter."""
        counted = Counter(self.choices.values())
        return {letter: counted[letter] for letter in letters}


@dataclass
class Vote:
    """A question that is put to the class, once before the discussion and once after it.

    Args:
        question: the question.
        rounds: its rounds, oldest first.
        answered: whether the room has seen which option is right.
    """

    question: Question
    rounds: list[Round] = field(default_factory=lambda: [Round()])
    answered: bool = False

    def choose(self, learner: str, letter: str, number: int) -> None:
        """Take a learner's choice; a later one replaces it.

        Args:
            learner: who chooses.
            letter: the option.
            number: the round that the learner means, from 1. One that was chosen before a
                connection was lost may come late, so it is taken until its round is revealed.

        Raises:
            Closed: there is no such option or round, or the round is over.
        """
        letters = ", ".join(self.question.options)
        if letter not in self.question.options:
            raise Closed(f"choose one of {letters}")
        if not 1 <= number <= len(self.rounds):
            raise Closed("there is no such round of this vote")
        if self.rounds[number - 1].revealed:
            raise Closed("this round is over: the room has seen its result")
        self.rounds[number - 1].choices[learner] = letter

    def reveal(self) -> None:
        """Show the counts of the newest round to the room."""
        self.rounds[-1].revealed = True

    def again(self) -> None:
        """Ask once more, after the discussion.

        Raises:
            Closed: the newest round is not revealed yet, or there were two, or the room knows the
                answer.
        """
        self._only_revealed()
        if self.answered:
            raise Closed("the room knows the answer already")
        if len(self.rounds) == 2:
            raise Closed("a question is asked twice, no more")
        self.rounds.append(Round())

    def answer(self) -> None:
        """Show the room which option is right.

        Raises:
            Closed: the newest round is not revealed yet.
        """
        self._only_revealed()
        self.answered = True

    def _only_revealed(self) -> None:
        if not self.rounds[-1].revealed:
            raise Closed("show the result of this round first")

    def result(self) -> list[dict[str, int] | None]:
        """Return the counts of each round, ``None`` for one that is not revealed."""
        letters = list(self.question.options)
        return [each.counts(letters) if each.revealed else None for each in self.rounds]

    def dump(self) -> dict[str, Any]:
        """Return it as data for JSON, without the question."""
        return {"rounds": [asdict(each) for each in self.rounds], "answered": self.answered}

    @classmethod
    def load(cls, question: Question, data: dict[str, Any]) -> "Vote":
        """Make a vote of what :meth:`dump` has returned."""
        return cls(question, [Round(**each) for each in data["rounds"]], data["answered"])
