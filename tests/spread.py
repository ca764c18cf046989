"""Which tests run in one worker of pytest-xdist, one after the other."""

from xdist.scheduler import LoadFileScheduling

IN_JUPYTERLAB = tuple(f"tests/browser/test_{each}.py" for each in ("course", "interrupt", "lab"))
IN_JUPYTERLAB += ("tests/browser/test_lessons.py",)
READ_THE_SITE = ("tests/tools/test_website", "tests/tools/test_one_connection.py")


def group_of(nodeid):
    """Name the group that a test belongs to; a group stays in one worker.

    A file stays whole, for its fixtures. The web site is built once, so all files that read it are
    one group; JupyterLab is opened once for all that work in it. An answer to an exercise needs
    nothing of another, and most of its time it waits.
    """
    path = nodeid.partition("::")[0]
    if path.startswith("tests/checks/"):
        return nodeid
    if path in IN_JUPYTERLAB:
        return "JupyterLab"
    return "site" if path.startswith(READ_THE_SITE) else path


class Groups(LoadFileScheduling):
    """Give the largest groups out first, and single tests at the end."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)
