"""The learners of a class: who is here, at which lesson, what they have solved, who wants help."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from wsdemo.apps.names import problem

__all__ = ["MOST_LEARNERS", "NAME_LENGTH", "Full", "Learner", "Roster"]

MOST_LEARNERS = 500
NAME_LENGTH = 30
DIAGNOSIS_LENGTH = 300
MOST_DIAGNOSES = 500


class Full(Exception):
    """No more learners can join this class."""


@dataclass
class Learner:
    """One learner.

    Attributes:
        name: the nickname.
        shows_name: whether the learner lets the board show it.
        lesson: the number of the lesson that something was last sent from; empty before.
        verdicts: whether the newest answer to each exercise was right, by the exercise's number.
        wants_help: whether the learner has asked for help.
        connections: how many connections the learner has: the notebook's and the page's are two.
        pages: how many of them are pages, on which one can vote.
    """

    name: str
    shows_name: bool = False
    lesson: str = ""
    verdicts: dict[str, bool] = field(default_factory=dict)
    wants_help: bool = False
    connections: int = 0
    pages: int = 0


class Roster:
    """All learners of a class, and how often each wrong idea was diagnosed.

    Attributes:
        learners: each learner, by the identifier that the learner's program has made up.
        diagnoses: the learners that each diagnosis was about, by exercise and text.
    """

    def __init__(self) -> None:
        self.learners: dict[str, Learner] = {}
        self.diagnoses: dict[tuple[str, str], set[str]] = {}

    def join(self, identifier: str, name: str, shows_name: bool, on_page: bool = True) -> Learner:
        """Let a learner in, or in again.

        Args:
            identifier: who it is.
            name: the nickname; that of before is replaced.
            shows_name: whether the board may show it.
            on_page: whether it is from a page, on which one can vote, and not from a notebook.

        Raises:
            ValueError: that is not a name; the text says why.
            Full: the class has :data:`MOST_LEARNERS` learners.
        """
        name = " ".join(name.split())
        if not name or len(name) > NAME_LENGTH:
            raise ValueError(f"a nickname has 1 to {NAME_LENGTH} characters")
        if what := problem(name):
            raise ValueError(what)
        if identifier not in self.learners and len(self.learners) >= MOST_LEARNERS:
            raise Full(f"this class is full: it has {MOST_LEARNERS} learners")
        learner = self.learners.setdefault(identifier, Learner(name))
        learner.name, learner.shows_name = name, shows_name
        learner.connections += 1
        learner.pages += on_page
        return learner

    def leave(self, identifier: str, on_page: bool = True) -> None:
        """Note that one of a learner's connections has ended. What the learner did is kept."""
        self.learners[identifier].connections -= 1
        self.learners[identifier].pages -= on_page

    def note(self, identifier: str, exercise: str, right: bool, diagnosis: str) -> None:
        """Note the verdict of an exercise.

        Args:
            identifier: whose it is.
            exercise: its number, such as ``"03.2"``.
            right: whether the answer was right.
            diagnosis: what the check has found; empty for a right answer.
        """
        learner = self.learners[identifier]
        learner.lesson, learner.verdicts[exercise] = exercise[:2], right
        key = (exercise, diagnosis[:DIAGNOSIS_LENGTH])
        if diagnosis and (key in self.diagnoses or len(self.diagnoses) < MOST_DIAGNOSES):
            self.diagnoses.setdefault(key, set()).add(identifier)

    def frequent(self, least: int = 2) -> list[tuple[str, str, int]]:
        """Return the diagnoses of several learners, as exercise, text and count; most first.

        Args:
            least: how many learners it takes. What only one of them has is not for the board: it
                may be a text that somebody made up to see it there.
        """
        counted = [(*key, len(learners)) for key, learners in self.diagnoses.items()]
        return sorted((each for each in counted if each[2] >= least), key=lambda each: -each[2])

    @property
    def here(self) -> list[Learner]:
        """Those who are connected."""
        return [each for each in self.learners.values() if each.connections]

    def places(self) -> dict[str, int]:
        """How many of those who are here are at each lesson."""
        return dict(Counter(each.lesson for each in self.here if each.lesson))

    def solved(self) -> dict[str, int]:
        """How many have solved each exercise."""
        return dict(
            Counter(
                exercise
                for learner in self.learners.values()
                for exercise, right in learner.verdicts.items()
                if right
            )
        )

    def dump(self) -> dict[str, Any]:
        """Return all of it as data for JSON; who comes back is connected again."""
        learners = {
            identifier: {**asdict(each), "connections": 0, "pages": 0}
            for identifier, each in self.learners.items()
        }
        diagnoses = [[*key, sorted(learners)] for key, learners in self.diagnoses.items()]
        return {"learners": learners, "diagnoses": diagnoses}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Roster":
        """Make a roster of what :meth:`dump` has returned."""
        roster = cls()
        roster.learners = {name: Learner(**each) for name, each in data["learners"].items()}
        for exercise, text, learners in data["diagnoses"]:
            roster.diagnoses[exercise, text] = set(learners)
        return roster
