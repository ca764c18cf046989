"""Programs for Node: run to their end, or served."""

import contextlib
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).parents[2] / "notebooks" / "javascript"


def run_node(node, *arguments):
    """Run a Node program to its end; return its lines, and what it complained of."""
    command = [node, *map(str, arguments)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=20)
    return done.stdout.splitlines(), done.stderr


@contextlib.contextmanager
def node_server(node, *arguments):
    """Run a Node server that prints its port; yield the process and the port."""
    program = [node, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, cwd=FOLDER, **pipes) as process:
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()
