"""What waits until no cell has run for a while: called once, never between the cells of Run All."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from IPython.core.events import EventManager, available_events

from wsdemo import cell

BEGIN, END = "pre_run_cell", "post_run_cell"


@pytest.fixture
def events(monkeypatch):
    """The events of a kernel whose cells a person watches; it is idle after 0.1 s."""
    events = EventManager(None, available_events)
    parent = {"metadata": {"cellId": "a"}}
    shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: parent), events=events)
    monkeypatch.setattr(cell, "ipython_shell", lambda: shell)
    monkeypatch.setattr(cell, "IDLE", 0.1)
    return events


@pytest.fixture
def called():
    """The calls, each with its thread; and an event that is set at the first one."""

    def call():
        calls.append(threading.current_thread())
        there.set()

    calls, there = [], threading.Event()
    return SimpleNamespace(call=call, calls=calls, there=there)


def test_it_is_called_once_and_on_a_thread(events, called):
    async def kernel():
        cell.when_idle(called.call)
        events.trigger(END, None)
        assert await asyncio.to_thread(called.there.wait, 5)
        events.trigger(BEGIN, None)
        events.trigger(END, None)
        await asyncio.sleep(4 * cell.IDLE)

    asyncio.run(kernel())
    [thread] = called.calls
    assert thread is not threading.main_thread()
    assert not any(events.callbacks.values())


def test_it_is_not_called_between_two_cells_nor_in_one(events, called):
    async def kernel():
        cell.when_idle(called.call)
        for _ in range(2):
            events.trigger(END, None)
            await asyncio.sleep(0)
            events.trigger(BEGIN, None)
            await asyncio.sleep(2 * cell.IDLE)
        assert called.calls == []
        events.trigger(END, None)
        assert await asyncio.to_thread(called.there.wait, 5)

    asyncio.run(kernel())


def test_a_cell_that_waits_for_its_page_is_not_idle(events, called):
    async def kernel():
        cell.when_idle(called.call)
        events.register(END, lambda _: time.sleep(2 * cell.IDLE))  # as wsdemo.browser does
        events.trigger(END, None)
        for _ in range(5):  # the kernel takes the next cell from its queue
            await asyncio.sleep(0)
        events.trigger(BEGIN, None)
        await asyncio.sleep(2 * cell.IDLE)

    asyncio.run(kernel())
    assert called.calls == []


def test_it_is_never_called_where_nobody_watches(events, called, monkeypatch):
    cell.ipython_shell().kernel.get_parent()["metadata"].clear()
    cell.when_idle(called.call)
    assert not any(events.callbacks.values())
    monkeypatch.setattr(cell, "ipython_shell", lambda: None)
    cell.when_idle(called.call)
    assert called.calls == []


def test_another_thread_has_no_cell(events, called):
    thread = threading.Thread(target=cell.when_idle, args=[called.call])
    thread.start()
    thread.join(5)
    assert not any(events.callbacks.values())
