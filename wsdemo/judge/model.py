"""What is judged: stages of cases, as data; and what came of one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wsdemo.frames import Frame

if TYPE_CHECKING:
    from wsdemo.judge.session import Step
    from wsdemo.judge.talk import Talk

__all__ = ["Case", "Failed", "NoAnswer", "NotStarted", "Stage", "Verdict", "case"]


class Failed(Exception):
    """The program under test did something that RFC 6455 does not allow, or did nothing.

    Args:
        expected: what a right program does, in a few words.
        received: what came instead; only what was observed.
        section: where the RFC says so, if it is another section than the case's own.
        frame: the frame that came, if the fault is in a frame.
    """

    def __init__(
        self, expected: str, received: str, section: str = "", frame: Frame | None = None
    ) -> None:
        super().__init__(f"expected {expected}, received {received}")
        self.expected, self.received = expected, received
        self.section, self.frame = section, frame


class NoAnswer(Failed):
    """Nothing came in time. On a busy machine that may be nobody's fault, so it is tried again."""


class NotStarted(Failed):
    """The program has ended before it did anything: a typing error, or a module that is missing."""


@dataclass(frozen=True)
class Case:
    """One thing that a right program does.

    Attributes:
        title: what a right program does, as a sentence.
        section: the section of RFC 6455 that asks for it, such as ``"5.3"``.
        steps: the conversation, step by step.
        hint: where to look; it does not give the code away.
    """

    title: str
    section: str
    steps: "tuple[Step, ...]"
    hint: str


def case(title: str, section: str, *steps: "Step", hint: str) -> Case:
    """Return a case; its steps stand in the order in which they are read aloud."""
    return Case(title, section, steps, hint)


@dataclass(frozen=True)
class Stage:
    """What a learner builds at one go.

    Attributes:
        number: from 1.
        title: what it is about.
        task: what the program can do after it.
        cases: what is tried.
        side: ``"server"`` or ``"client"``: what the program under test is.
    """

    number: int
    title: str
    task: str
    cases: tuple[Case, ...]
    side: str = "server"


@dataclass(frozen=True)
class Verdict:
    """What came of one case.

    Attributes:
        number: the case's number, such as ``"3.2"``: the stage's, and its own from 1.
        case: the case.
        failure: what went wrong; ``None`` if the case passed.
        talk: who sent what, in order.
        notes: what else was seen: what the program printed, or that it has ended.
        beside_others: whether it fails only while other connections are open.
    """

    number: str
    case: Case
    failure: Failed | None = None
    talk: "Talk | None" = None
    notes: tuple[str, ...] = ()
    beside_others: bool = False

    @property
    def passed(self) -> bool:
        """Whether the program did what a right program does."""
        return self.failure is None

    @property
    def title(self) -> str:
        """What a right program does, as a sentence."""
        beside = "While other clients are connected: " if self.beside_others else ""
        return beside + self.case.title

    @property
    def hint(self) -> str:
        """Where to look."""
        if self.beside_others:
            return "With no other connection beside it this passes. What do your connections share?"
        return self.case.hint

    @property
    def section(self) -> str:
        """The section of RFC 6455 that decides it."""
        return (self.failure.section if self.failure else "") or self.case.section
