"""A part of a program is built into it: by name, and in a place where it can be read."""

import pytest

from wsdemo.scratch.growing import grow

PROGRAM = '''"""A program."""

import os

ONE = 1  # of something


class Room:
    """A room."""

    def enter(self):
        return ONE

    def leave(self):
        return os


def main():
    return Room()


if __name__ == "__main__":
    main()
'''


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("def main():\n    return None\n", "    return Room()\n", "    return None\n"),
        ("ONE = 2\n", "ONE = 1  # of something\n", "ONE = 2\n"),
        ("TWO, THREE = 2, 3\n", "ONE = 1  # of something\n",
         "ONE = 1  # of something\nTWO, THREE = 2, 3\n"),
        ("A = 1\nB = 2\n", "ONE = 1  # of something\n",
         "ONE = 1  # of something\nA = 1\nB = 2\n"),
        ("import ast\nimport sys\n", "import os\n", "import ast\nimport os\nimport sys\n"),
        ("from server import a\n", "import os\n", "import os\n\nfrom server import a\n"),
        ("def new():\n    pass\n", "def main", "def new():\n    pass\n\n\ndef main"),
        ("def new():\n    pass\n\n\nclass Room:\n    def leave(self):\n        return os\n",
         "class Room", "def new():\n    pass\n\n\nclass Room"),
        ("class Room:\n    def leave(self):\n        return 1\n", "        return os\n",
         "        return 1\n"),
        ("class Room:\n    @property\n    def name(self):\n        return 1\n",
         "        return os\n",
         "        return os\n\n    @property\n    def name(self):\n        return 1\n"),
        ("class Room:\n    def new(self):\n        return 1\n\n"
         "    def leave(self):\n        return os\n",
         "    def leave", "    def new(self):\n        return 1\n\n    def leave"),
        ('class Room:\n    """A hall."""\n\n    def enter(self):\n        return ONE\n',
         "A room.", "A hall."),
        ('"""Nothing new."""\n', "", ""),
    ],
)  # fmt: skip
def test_a_part_is_built_in(part, before, after):
    assert PROGRAM.count(before) == 1 or not before
    assert grow(PROGRAM, part) == (PROGRAM.replace(before, after) if before else PROGRAM)


def test_a_part_may_be_built_in_twice():
    part = "import sys\n\nTWO = 2\n\n\ndef new():\n    return sys\n"
    once = grow(PROGRAM, part)
    assert grow(once, part) == once
