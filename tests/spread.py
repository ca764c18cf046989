"""Which tests run in one worker of pytest-xdist, one after the other."""

import re

from xdist.scheduler import LoadFileScheduling

READ_THE_SITE = ("tests/tools/test_website", "tests/tools/test_one_connection.py")


def group_of(nodeid):
    """Name the group that a test belongs to; a group stays in one worker.

    A file stays whole, for its fixtures. The web site is built once, so all files that read it are
    one group. An answer to an exercise needs nothing of another, and most of its time it waits. So
    does a lesson in JupyterLab: those with odd numbers make a group, and the others.
    """
    path = nodeid.partition("::")[0]
    if path.startswith("tests/checks/"):
        return nodeid
    if path == "tests/browser/test_lessons.py" and (lesson := re.search(r"\[(\d\d)_", nodeid)):
        return "odd lessons" if int(lesson[1]) % 2 else path
    return "site" if path.startswith(READ_THE_SITE) else path


class Groups(LoadFileScheduling):
    """Give the largest groups out first, and single tests at the end."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)
