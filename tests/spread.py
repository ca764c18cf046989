"""Which tests run in one worker of pytest-xdist, one after the other."""

from xdist.scheduler import LoadFileScheduling


def group_of(nodeid):
    """Name the group that a test belongs to; a group stays in one worker.

    A file stays whole, for its fixtures. The web site is built once, so all files that read it are
    one group. An answer to an exercise needs nothing of another, and most of its time it waits.
    """
    path = nodeid.partition("::")[0]
    if path.startswith("tests/checks/"):
        return nodeid
    return "site" if path.startswith("tests/tools/test_website") else path


class Groups(LoadFileScheduling):
    """Give the largest groups out first, and single tests at the end."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)
