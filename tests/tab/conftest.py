"""What the tests of the network in memory share."""

import asyncio
import selectors
import socket
import socketserver

import pytest

from wsdemo.tab.selector import Selector
from wsdemo.tab.socket_state import getaddrinfo
from wsdemo.tab.sockets import Socket, socketpair


@pytest.fixture
def in_memory(monkeypatch):
    """Put the network in memory in the place of the real one."""
    monkeypatch.setattr(socket, "socket", Socket)
    monkeypatch.setattr(socket, "socketpair", socketpair)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(selectors, "DefaultSelector", Selector)
    monkeypatch.setattr(socketserver, "_ServerSelector", Selector)


@pytest.fixture
def run(in_memory):
    """Run a coroutine on an event loop that selects among sockets in memory."""

    def run(coroutine):
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Selector())) as runner:
            return runner.run(asyncio.wait_for(coroutine, 10))

    return run
