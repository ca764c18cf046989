"""Kernels that have imported what each lesson needs before they begin.

To import IPython and matplotlib costs a kernel more than to run a lesson, and the browser tests run
each lesson twice. So one process imports both, and forks itself for each kernel. Jupyter starts a
small program instead, the stand-in, which asks for a kernel and lives as long as it: a signal that
Jupyter sends to the one reaches the other. nbval's kernels start as everybody's do.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

WARM = (
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "websockets.asyncio.client",
    "websockets.asyncio.server",
    "websockets.sync.client",
)
BACKEND = "module://matplotlib_inline.backend_inline"
"""What ipykernel tells matplotlib to draw with, if it is not imported yet."""

INTERRUPT = b"i"
MOST_BYTES = 2**20
PATIENCE = 10  # seconds


@contextlib.contextmanager
def warm_kernels() -> Iterator[Path]:
    """Have warm kernels for as long as the block lasts.

    Yields:
        A folder for the environment variable JUPYTER_PATH: Jupyter finds ``python3`` there.
    """
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        door = f"{folder}/door"
        stand_in = [sys.executable, "-I", "-S", __file__, "stand-in", door, "{connection_file}"]
        spec = {"argv": stand_in, "display_name": "Python 3 (ipykernel)", "language": "python"}
        home = Path(folder, "kernels", "python3")
        home.mkdir(parents=True)
        (home / "kernel.json").write_text(json.dumps(spec))
        command = [sys.executable, __file__, "serve", door]
        environment = os.environ | {"MPLBACKEND": BACKEND}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None
            try:
                if server.stdout.readline() != b"ready\n":
                    raise RuntimeError("the process that forks kernels ended at its start")
                yield Path(folder)
            finally:
                try:
                    server.communicate(timeout=PATIENCE)  # closes its input, which ends it
                except subprocess.TimeoutExpired:
                    server.kill()


def serve(door: str) -> None:
    """Import what lessons need, then fork a kernel for each stand-in, until standard input ends.

    Args:
        door: the path of the socket at which stand-ins ask.
    """
    del sys.path[0]  # this file's folder
    for module in WARM:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(door)
        listener.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            asking, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                become_kernel(asking)
            asking.close()


def become_kernel(asking: socket.socket) -> None:
    """Be the kernel that a stand-in asks for, in its place: its folder, environment and output."""
    text, files, *_ = socket.recv_fds(asking, MOST_BYTES, 3)
    wanted = json.loads(text)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=obey, args=(asking,), daemon=True).start()
    from ipykernel.kernelapp import IPKernelApp

    sys.argv[:] = ["ipykernel_launcher", "-f", *wanted["options"]]
    IPKernelApp.launch_instance(sys.argv[1:])
    os._exit(0)


def obey(stand_in: socket.socket) -> None:
    """Pass on the interrupts of a stand-in, and end with it."""
    while stand_in.recv(1) == INTERRUPT:
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGKILL)


def stand_in(door: str, *options: str) -> None:
    """Ask for a kernel, and stay until it ends.

    Args:
        door: where to ask.
        options: the kernel's connection file, and what else it was started with.
    """
    with socket.socket(socket.AF_UNIX) as kernel:
        kernel.connect(door)
        signal.signal(signal.SIGINT, lambda *_: kernel.send(INTERRUPT))
        wanted = {
            "options": options,
            "environment": dict(os.environ),
            "folder": os.getcwd(),
        }
        socket.send_fds(kernel, [json.dumps(wanted).encode()], [0, 1, 2])
        kernel.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        stand_in(*sys.argv[2:])
