"""The state of a class, without a network: its learners, its votes, and what the board shows."""

import csv
import io
from typing import Any

from wsdemo.classroom.questions import Question, questions
from wsdemo.classroom.roster import Roster
from wsdemo.classroom.votes import Closed, Round, Vote

__all__ = ["Classroom"]

BEFORE, AFTER = 1, 2
MOST_DIAGNOSES_SHOWN = 8


class Classroom:
    """A class: who is there, and what it votes on.

    Attributes:
        roster: its learners.
        votes: all votes so far, by the question's number.
        current: the number of the question that is asked now; empty if there is none.
        inventory: 1 while the inventory is asked before the course, 2 after it, 0 otherwise.
        shows_names: whether the teacher wants names on the board. Those of learners who do not
            want it are not shown even then.
    """

    def __init__(self) -> None:
        self.roster = Roster()
        self.votes: dict[str, Vote] = {}
        self.current = ""
        self.inventory = 0
        self.shows_names = False

    def open(self, number: str) -> None:
        """Put a question to the class; a vote on it that has begun goes on.

        Args:
            number: the question's, such as ``"03.p2"``.

        Raises:
            Closed: there is no such question.
        """
        if number not in questions():
            raise Closed(f"there is no question {number}")
        self.votes.setdefault(number, Vote(questions()[number]))
        self.current, self.inventory = number, 0

    def ask_inventory(self, which: int) -> None:
        """Put all questions of the inventory to the class, or none of them.

        Args:
            which: 1 before the course, 2 after it, 0 to end.

        Raises:
            Closed: it is something else.
        """
        if which not in (0, BEFORE, AFTER):
            raise Closed("the inventory is asked before the course (1) or after it (2)")
        self.inventory, self.current = which, ""
        for question in self._inventory() if which else ():
            vote = self.votes.setdefault(question.number, Vote(question))
            while len(vote.rounds) < which:
                vote.rounds.append(Round())

    def choose(self, learner: str, number: str, letter: str, round: int) -> None:
        """Take a learner's choice.

        Raises:
            Closed: the question is not asked, or its round is over.
        """
        if number not in self.votes:
            raise Closed("this question is not asked now")
        self.votes[number].choose(learner, letter, round)
        lesson = self.votes[number].question.lesson
        if not number.startswith("i"):
            self.roster.learners[learner].lesson = lesson

    def vote(self) -> Vote:
        """Return the vote that is open.

        Raises:
            Closed: there is none.
        """
        if not self.current:
            raise Closed("no question is open")
        return self.votes[self.current]

    def close(self) -> None:
        """Ask nothing any more; the votes are kept for the CSV."""
        self.current, self.inventory = "", 0

    def for_learner(self, identifier: str) -> dict[str, Any]:
        """Return what a learner's page shows: the question, the own choice, the result if revealed.

        Args:
            identifier: whose page it is.
        """
        shown: dict[str, Any] = {"help": self.roster.learners[identifier].wants_help, "vote": None}
        if self.current:
            shown["vote"] = self._shown(self.vote(), identifier)
        shown["inventory"] = self.inventory
        if self.inventory:
            shown["questions"] = [
                {**_asked(each), "chosen": self._chosen(each.number, identifier)}
                for each in self._inventory()
            ]
        return shown

    def for_board(self) -> dict[str, Any]:
        """Return what the board shows."""
        roster = self.roster
        helped = [each for each in roster.learners.values() if each.wants_help]
        shown: dict[str, Any] = {
            "joined": len(roster.learners),
            "here": len(roster.here),
            "places": roster.places(),
            "solved": roster.solved(),
            "help": {"count": len(helped), "names": self._names(helped)},
            "diagnoses": [
                {"exercise": exercise, "text": text, "count": count}
                for exercise, text, count in roster.frequent()[:MOST_DIAGNOSES_SHOWN]
            ],
            "names": self.shows_names,
            "vote": None,
            "inventory": None,
        }
        if self.current:
            vote = self.vote()
            voters = {name for name, each in roster.learners.items() if each.pages}
            chosen = voters & vote.rounds[-1].choices.keys()
            counts = {"chosen": len(chosen), "voters": len(voters)}
            shown["vote"] = {**self._shown(vote), **counts}
        if self.inventory:
            shown["inventory"] = {"which": self.inventory, "results": self._inventory_results()}
        return shown

    def _shown(self, vote: Vote, learner: str | None = None) -> dict[str, Any]:
        shown = {**_asked(vote.question), "round": len(vote.rounds), "results": vote.result()}
        if learner is not None:
            shown["chosen"] = vote.rounds[-1].choices.get(learner)
        if vote.answered:
            shown["right"] = vote.question.right
        return shown

    def _chosen(self, number: str, learner: str) -> str | None:
        rounds = self.votes[number].rounds
        return rounds[self.inventory - 1].choices.get(learner)

    def _inventory_results(self) -> list[dict[str, Any]]:
        """For each question of the inventory: how many were right, of how many, in each round."""
        results = []
        for question in self._inventory():
            rounds = self.votes[question.number].rounds
            results.append(
                {
                    "number": question.number,
                    "lesson": question.lesson,
                    "text": question.text,
                    "right": [list(each.choices.values()).count(question.right) for each in rounds],
                    "of": [len(each.choices) for each in rounds],
                }
            )
        return results

    def _names(self, learners: "list[Any]") -> list[str]:
        return sorted(each.name for each in learners if self.shows_names and each.shows_name)

    @staticmethod
    def _inventory() -> list[Question]:
        return [each for number, each in questions().items() if number.startswith("i")]

    def as_csv(self) -> str:
        """Return the votes and the verdicts as a table (RFC 4180), one row for each count.

        Nobody is named: a row is a question or an exercise, and how many have chosen what.
        """
        file = io.StringIO()
        table = csv.writer(file)
        table.writerow(["kind", "number", "round", "answer", "right", "count"])
        for number, vote in sorted(self.votes.items()):
            for which, each in enumerate(vote.rounds, 1):
                for letter, count in each.counts(list(vote.question.options)).items():
                    right = letter == vote.question.right
                    table.writerow(["vote", number, which, letter, right, count])
        for exercise, count in sorted(self.roster.solved().items()):
            table.writerow(["exercise", exercise, "", "solved", True, count])
        for exercise, text, count in self.roster.frequent():
            # A text that begins with "=" would be a formula for a spreadsheet.
            table.writerow(["exercise", exercise, "", f"diagnosis: {text}", False, count])
        return file.getvalue()

    def dump(self) -> dict[str, Any]:
        """Return all of it as data for JSON."""
        return {
            "roster": self.roster.dump(),
            "votes": {number: vote.dump() for number, vote in self.votes.items()},
            "current": self.current,
            "inventory": self.inventory,
            "shows_names": self.shows_names,
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Classroom":
        """Make a class of what :meth:`dump` has returned; questions that are gone are left out."""
        classroom = cls()
        classroom.roster = Roster.load(data["roster"])
        known = {number: each for number, each in data["votes"].items() if number in questions()}
        for number, vote in known.items():
            classroom.votes[number] = Vote.load(questions()[number], vote)
        classroom.current = data["current"] if data["current"] in classroom.votes else ""
        classroom.inventory, classroom.shows_names = data["inventory"], data["shows_names"]
        return classroom


def _asked(question: Question) -> dict[str, Any]:
    return {
        "number": question.number,
        "lesson": question.lesson,
        "text": question.text,
        "options": question.options,
    }
