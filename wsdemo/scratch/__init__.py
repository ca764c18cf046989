"""The reader's own WebSocket of lesson 21: its files, and the worked answer of each stage.

>>> from wsdemo import scratch
>>> scratch.begin("server.py")     # a small program to begin with; an old one stays as it is
>>> scratch.take(3)                # the worked answer of stage 3 instead; yours is kept
>>> scratch.run("server.py")       # it runs beside the notebook
"""

from wsdemo.scratch.answers import answers, respond
from wsdemo.scratch.files import OwnProgram, begin, command_for, published
from wsdemo.scratch.running import Standing, run, standing
from wsdemo.scratch.stages import STAGES, part, program_after, take

__all__ = [
    "STAGES",
    "OwnProgram",
    "Standing",
    "answers",
    "begin",
    "command_for",
    "part",
    "program_after",
    "published",
    "respond",
    "run",
    "standing",
    "take",
]
