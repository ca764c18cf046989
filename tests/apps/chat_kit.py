"""What the tests of the chat room share."""

import contextlib
import json
import time

from websockets.sync.client import connect

OK = {"user": "eve", "message": "fine"}


class Member:
    """A client that speaks the JSON of the original article."""

    def __init__(self, connection, name):
        self.connection = connection
        self.name = name

    def send(self, **fields):
        self.connection.send(json.dumps(fields))

    def say(self, message):
        self.send(user=self.name, message=message)

    def hear(self):
        return json.loads(self.connection.recv(timeout=5))

    def hears(self, user, message):
        heard = self.hear()
        assert heard.keys() == {"user", "message", "timestamp"}
        assert isinstance(heard["timestamp"], int)
        assert abs(heard["timestamp"] / 1000 - time.time()) < 60
        return (heard["user"], heard["message"]) == (user, message)

    def is_alone_with(self, *others):
        """Whether the next thing that all hear is this one's own message: nothing came before."""
        self.say("nothing else?")
        return all(each.hears(self.name, "nothing else?") for each in (self, *others))


@contextlib.contextmanager
def member(server, name, query=""):
    with connect(server.url + query, close_timeout=1, ping_interval=None) as connection:
        yield Member(connection, name)


@contextlib.contextmanager
def members(server, *names):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(member(server, name)) for name in names]
