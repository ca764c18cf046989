"""Which tests run in one worker of pytest-xdist, one after the other."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = {
    "JupyterLab": (
        "browser/test_course.py",
        "browser/test_interrupt.py",
        "browser/test_lab.py",
        "browser/test_lessons.py",
    ),
    "Firefox": ("browser/test_firefox.py", "browser/test_tab_panels.py", "browser/test_tab_web"),
    "web site": ("tools/test_website", "tools/test_one_connection.py"),
}
"""What several files need, and is started or built once: how their paths in tests/ begin."""


def group_of(nodeid):
    """Name the group that a test belongs to; a group stays in one worker.

    A file stays whole, for its fixtures, and so do the files that are in one row above. An answer
    to an exercise needs nothing of another, and most of its time it waits.
    """
    path = nodeid.partition("::")[0]
    if path.startswith("tests/checks/"):
        return nodeid
    inside = path.removeprefix("tests/")
    return next((name for name, begins in TOGETHER.items() if inside.startswith(begins)), path)


class Groups(LoadFileScheduling):
    """Give the largest groups out first, and single tests at the end."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)
