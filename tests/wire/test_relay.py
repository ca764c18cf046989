"""A relay whose server cannot be reached."""

import asyncio
import socket

import pytest

from wsdemo.wire.relay import Relay


class Observer:
    """Keeps what it is told of a link."""

    def __init__(self, link):
        self.told = []
        self.is_over = asyncio.Event()

    def received(self, direction, data):
        self.told.append((direction, data))

    def ended(self, direction, by_reset):
        self.told.append((direction, by_reset))

    def noted(self, what):
        self.told.append(what)

    def over(self):
        self.is_over.set()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "connection refused"),
        (OSError("Multiple exceptions: [Errno 111] …, [Errno 111] …"), "connection refused"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
    ids=["refused", "refused at each address", "no route"],
)
def test_a_connection_that_cannot_be_made_is_over_and_says_why(error, told, monkeypatch):
    async def main():
        loop, observers = asyncio.get_running_loop(), []

        def observe(link):
            observers.append(Observer(link))
            return observers[-1]

        async def fail(*_):
            raise error

        monkeypatch.setattr(loop, "create_connection", fail)
        relay = Relay("server.example", 80, observe)
        port = await relay.start()
        with socket.socket() as client:
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", port))
            with pytest.raises(ConnectionResetError):
                await loop.sock_recv(client, 1)
            [observer] = observers
            await observer.is_over.wait()
        assert observer.told == [f"no connection to the server: {told}"]
        assert relay.open_links == []
        await relay.stop()

    asyncio.run(asyncio.wait_for(main(), 5))
