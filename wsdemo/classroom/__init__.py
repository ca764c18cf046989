"""A class that votes: the teacher's board, the learners' pages, the verdicts of exercises.

``wsdemo class`` starts it. A learner joins by :func:`join`, or by ``wsdemo join``.
"""

from wsdemo.classroom.joining import Joined, join, leave
from wsdemo.classroom.member import NotJoined

__all__ = ["Joined", "NotJoined", "join", "leave"]
