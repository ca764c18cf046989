"""A server from source text, served in this process, and judged."""

import asyncio
import contextlib
import pathlib

from wsdemo.judge.address import Address
from wsdemo.judge.bench import RunningServer
from wsdemo.judge.run import run
from wsdemo.loop import LoopThread

REFERENCES = pathlib.Path(__file__).parents[2] / "notebooks/solutions/21_from_scratch"


@contextlib.contextmanager
def serving(handler, **options):
    """Serve a handler of asyncio's streams on its own thread; yield the address."""
    thread = LoopThread("under test")
    # What a broken server raises is expected here, and no news for anybody.
    thread.call(thread.loop.set_exception_handler, lambda loop, context: None)
    try:
        starting = asyncio.start_server(handler, "127.0.0.1", 0, **options)
        server = thread.run(starting)
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        thread.stop()


def serving_source(source):
    """The same for the source of a server that has ``serve_client`` and ``MAX_HEAD``."""
    names = {"__name__": "under_test"}
    exec(compile(source, "server.py", "exec"), names)
    return serving(names["serve_client"], limit=names["MAX_HEAD"])


def judged(address, stages, patience=5.0, go_on=False):
    """Judge the server at an address; return the report."""
    return asyncio.run(run(stages, RunningServer(address), patience, go_on))
