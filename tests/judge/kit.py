"""A server from source text, served in this process, and judged."""

import asyncio
import contextlib
import pathlib

from wsdemo.judge.address import Address
from wsdemo.judge.candidate import RunningServer
from wsdemo.judge.run import run
from wsdemo.loop import LoopThread

REFERENCES = pathlib.Path(__file__).parents[2] / "notebooks/solutions/21_from_scratch"


async def some_turns():
    """Let the event loop do what is due."""
    for _ in range(10):
        await asyncio.sleep(0)


class Place(Address):
    """An address, and what stops the server there."""

    def __init__(self, port, stop):
        super().__init__("127.0.0.1", port)
        object.__setattr__(self, "stop", stop)


@contextlib.contextmanager
def serving(handler, **options):
    """Serve a handler of asyncio's streams on its own thread.

    Yield the address; its ``stop`` is for the handler.
    """
    thread = LoopThread("under test")
    # What a broken server raises is expected here, and no news for anybody.
    thread.call(thread.loop.set_exception_handler, lambda loop, context: None)
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        await handler(reader, writer)

    async def listen_no_more(server):
        # What was accepted just now becomes a connection first: asyncio would leave it open.
        await some_turns()
        server.close()

    async def stop(server):
        await listen_no_more(server)
        for writer in writers:
            writer.transport.abort()
        await some_turns()  # the transports close their sockets

    closing = []

    def stop_from_handler():
        closing.append(asyncio.create_task(listen_no_more(server)))

    server = thread.run(asyncio.start_server(serve, "127.0.0.1", 0, **options))
    try:
        yield Place(server.sockets[0].getsockname()[1], stop_from_handler)
    finally:
        thread.run(stop(server))
        thread.stop()


def serving_source(source):
    """The same for the source of a server that has ``serve_client`` and ``MAX_HEAD``."""
    names = {"__name__": "under_test"}
    exec(compile(source, "server.py", "exec"), names)
    return serving(names["serve_client"], limit=names["MAX_HEAD"])


def judged(address, stages, patience=5.0, go_on=False):
    """Judge the server at an address; return the report."""
    return asyncio.run(run(stages, RunningServer(address), patience, go_on))
