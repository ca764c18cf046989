"""A pytest plugin: nbval's kernels talk through files instead of TCP ports.

A kernel is told five free ports, and opens them a moment later. Lessons open many connections, and
one of them may have got such a port meanwhile: once in some hundred starts the kernel then dies
with "Kernel died before replying to kernel_info". Sockets in the file system have no such moment.
"""

import itertools
import os
import tempfile

import pytest
from jupyter_client.manager import KernelManager


def pytest_configure(config: pytest.Config) -> None:
    """Have nbval start its kernels so; Windows has no such sockets."""
    if os.name == "nt" or not getattr(config.option, "nbval", False):
        return
    import nbval.kernel  # two seconds, for notebooks only

    folder = tempfile.TemporaryDirectory(prefix="nbval")  # a short path: a socket's has a limit
    config.add_cleanup(folder.cleanup)
    numbers = itertools.count()

    def manager(**options: object) -> KernelManager:
        place = f"{folder.name}/{next(numbers)}"
        return KernelManager(transport="ipc", ip=place, **options)

    nbval.kernel.KernelManager = manager
