"""Cells wait for the pages that they show, where somebody watches, and never for ever."""

import threading
import time
from types import SimpleNamespace

import pytest

from tests.browser.page_server_kit import URL
from tests.browser.test_page_server import report, told, view
from wsdemo import cell
from wsdemo.browser import run_all
from wsdemo.browser.panels import Browser


class Shell:
    """As much of IPython's shell in a kernel as run_all looks at."""

    def __init__(self, metadata):
        self.kernel = SimpleNamespace(get_parent=lambda: {"metadata": metadata})
        self.hooks = []
        self.events = SimpleNamespace(register=lambda event, hook: self.hooks.append((event, hook)))


@pytest.fixture
def notebook(monkeypatch):
    """Play a kernel: with a metadata of the running cell, and little patience."""

    def notebook(patience=5, **metadata):
        shell = Shell(metadata)
        for module in (cell, run_all):
            monkeypatch.setattr(module, "ipython_shell", lambda: shell)
        monkeypatch.setattr(run_all, "_shown", [])
        monkeypatch.setattr(run_all, "LONGEST_WAIT", patience)
        return shell

    return notebook


def show(page):
    return page._repr_mimebundle_()


def end_of_cell(shell):
    """Run what the kernel runs after a cell; return how long it took."""
    begin = time.monotonic()
    [(event, hook)] = set(shell.hooks)
    assert event == "post_run_cell"
    hook(None)
    return time.monotonic() - begin


def test_a_page_is_settled_when_it_says_so_of_all_that_it_was_asked_for():
    ana = Browser(URL, "ana")
    assert not ana.wait_until_settled(0)
    ana.send("queued")
    with view(ana) as page:
        assert (told(page)["do"], told(page)["do"]) == ("start", "send")
        report(page, type="settled", commands=0)
        assert not ana.wait_until_settled(0.1)
        report(page, type="settled", commands=1)
        assert ana.wait_until_settled(5)
        ana.send("more")
        assert not ana.wait_until_settled(0)
        report(page, type="settled", commands=2)
        assert ana.wait_until_settled(5)
        report(page, type="message", data="x")  # something happens by itself
        ana.expect("message")
        assert not ana.wait_until_settled(0)
        report(page, type="settled", commands=2)
        assert ana.wait_until_settled(5)
        ana.send("the last")
    assert ana.wait_until_settled(5)  # it has left
    assert [event["type"] for event in ana.events] == ["page", "message", "page"]


def test_nobody_waits_for_a_page_that_was_replaced():
    former = Browser(URL, "ana")
    Browser(URL, "ana")
    assert former.wait_until_settled(0)


def test_a_cell_waits_for_its_page(notebook):
    shell = notebook(cellId="some cell")
    ana = Browser(URL, "ana")
    show(ana)
    with view(ana) as page:
        late = threading.Timer(0.3, report, [page], {"type": "settled", "commands": 0})
        late.start()
        assert 0.2 < end_of_cell(shell) < 4
        late.join()
        assert end_of_cell(shell) < 0.2
        ana.send("Hello")  # a cell that commands it waits, too
        threading.Timer(0.3, report, [page], {"type": "settled", "commands": 1}).start()
        assert 0.2 < end_of_cell(shell) < 4
        assert ana.wait_until_settled(0)


def test_a_page_that_does_not_come_is_waited_for_once(notebook):
    shell = notebook(patience=0.3, cellId="some cell")
    show(Browser(URL, "ana") | Browser(URL, "bob"))
    assert 0.3 <= end_of_cell(shell) < 0.6
    assert end_of_cell(shell) < 0.1


def test_where_nobody_watches_nobody_waits(notebook):
    shell = notebook()
    show(Browser(URL, "ana"))
    assert end_of_cell(shell) < 0.1


def test_an_interrupt_ends_the_wait_and_is_no_error(notebook, monkeypatch):
    shell = notebook(cellId="some cell")
    ana = Browser(URL, "ana")
    show(ana)

    def interrupted(timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(ana, "wait_until_settled", interrupted)
    assert end_of_cell(shell) < 0.1


def test_outside_a_notebook_there_is_no_shell():
    assert cell.ipython_shell() is None
    show(Browser(URL, "ana"))
    assert run_all._shown == []
