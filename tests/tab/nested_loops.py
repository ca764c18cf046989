"""Print what nest_asyncio does to asyncio under the Python that runs this, with an empty network.

An event loop runs here, as in a notebook's kernel; each coroutine is given to ``asyncio.run``.
"""

import asyncio
import importlib
import selectors
import sys
import time


class NoSockets(selectors.SelectSelector):
    """A selector of nothing: Pyodide under Node has no sockets."""

    def select(self, timeout=None):
        time.sleep(min(timeout or 0, 0.01))
        return []


class Loop(asyncio.BaseEventLoop):
    """An event loop with timers only."""

    def __init__(self):
        super().__init__()
        self._selector = NoSockets()

    def _process_events(self, _):
        pass

    def _write_to_self(self):
        pass


async def await_():
    return await asyncio.sleep(0.001, "fine")


async def timeout():
    async with asyncio.timeout(1):
        return await await_()


async def wait_for():
    return await asyncio.wait_for(await_(), 1)


async def task_group():
    async with asyncio.TaskGroup() as tasks:
        return await tasks.create_task(await_())


async def kernel():
    for coroutine in (await_, timeout, wait_for, task_group):
        try:
            result = asyncio.run(coroutine())
        except RuntimeError as error:
            result = f"RuntimeError: {error}"
        print(f"{coroutine.__name__}: {result}")


if __name__ == "__main__":
    asyncio._set_running_loop(None)  # Pyodide's own runs already
    loop = Loop()
    importlib.import_module(sys.argv[1]).apply(loop)
    asyncio.set_event_loop(loop)
    print("Python", *sys.version_info[:2])
    loop.run_until_complete(kernel())
