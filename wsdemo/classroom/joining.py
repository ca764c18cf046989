"""Join a class, leave it, and send the verdicts of exercises while joined."""

import html
from dataclasses import dataclass

from wsdemo.classroom.member import Member, try_to_join
from wsdemo.classroom.ticket import Ticket, forget, load, save
from wsdemo.loop import LoopThread

__all__ = ["Joined", "join", "leave", "report"]

SENT = (
    "From now on your votes are sent, and whether your answers to exercises are right, and what "
    "is wrong with them. Your code is never sent."
)

_member: Member | None = None


@dataclass(frozen=True)
class Joined:
    """A class was joined; shown with the address of the page to vote on.

    Attributes:
        ticket: where, and as whom.
    """

    ticket: Ticket

    def __repr__(self) -> str:
        return f"{self._first}\nVote at {self.ticket.page}\n{SENT} wsdemo.leave() ends it."

    def _repr_html_(self) -> str:
        page = html.escape(self.ticket.page)
        return (
            f"<p>{html.escape(self._first)} "
            f'<a href="{page}" target="_blank" rel="noopener">Open the page to vote on</a></p>'
            f"<p>{SENT} <code>wsdemo.leave()</code> ends it.</p>"
        )

    @property
    def _first(self) -> str:
        return f"{self.ticket.name} has joined the class at {self.ticket.host}."


def join(address: str, code: str, name: str, show_name: bool = False) -> Joined:
    """Join the class of a teacher who has started ``wsdemo class``.

    Until then nothing is sent. From then on, all notebooks of this copy of the course send the
    verdicts of exercises to the teacher's machine, and to nobody else. No code is sent.

    Args:
        address: what the board shows, such as ``"192.168.1.5:8000"``.
        code: what the board shows, such as ``"K7QM-3FWD"``.
        name: a nickname, of up to 30 characters.
        show_name: whether the board may show it, if the teacher wants names.

    Returns:
        What to read, with the page to vote on.

    Raises:
        ValueError: that is no address.
        NotJoined: it did not work; the text says why, and what to do.
        OSError: it cannot be noted in the course's folder.
    """
    ticket = Ticket.of(address, code, name, show_name)
    thread = LoopThread("joining")
    try:
        thread.run(try_to_join(ticket), timeout=None)
    finally:
        thread.stop()
    save(ticket)
    return Joined(ticket)


def leave() -> str:
    """Leave the class: nothing is sent any more.

    Returns:
        What has happened, in words.
    """
    global _member
    if _member:
        _member.stop()
        _member = None
    return "You have left the class." if forget() else "You have not joined a class."


def report(exercise: str, right: bool, diagnosis: str) -> None:
    """Send the verdict of an exercise, if this learner has joined a class.

    It does not wait: the verdict goes out when there is a connection.

    Args:
        exercise: its number, such as ``"03.2"``.
        right: whether the answer was right.
        diagnosis: what the check has found, without the learner's code; empty if right.
    """
    global _member
    ticket = load()
    if _member and _member.ticket != ticket:
        _member.stop()
        _member = None
    if ticket is None:
        return
    if _member is None:
        _member = Member(ticket)
    _member.report(exercise, right, diagnosis)
