"""The exercise of lesson 17 about a session without a socket."""

from typing import Any

from websockets.client import ClientProtocol
from websockets.protocol import Protocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain

MOST_CALLS = 2000
"""How often an answer may ask one side for its data in one exchange."""


@exercise("17.4")
async def exchange(answer: Any) -> str:
    """Check a function that carries bytes between two protocols, by whole sessions."""
    for size in (5, 5000):
        session = _Session(answer)
        session.shake_hands()
        session.ping()
        session.talk("x" * size)
        session.close()
    return "handshake, messages in both directions and the close work, with no socket at all."


class _Noting(Protocol):
    """A side of a session that notes what it gives, and what it is given."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.begin()

    def begin(self) -> None:
        """Forget what was noted."""
        self.asked, self.gave, self.got, self.said_the_end, self.heard_the_end = 0, b"", b"", 0, 0
        self.events_taken = False

    def data_to_send(self) -> list[bytes]:
        """Note the pieces; end a function that asks for ever."""
        self.asked += 1
        if self.asked > MOST_CALLS:
            raise Misconception(
                "your function does not end: it asks for data_to_send() again and again, though "
                "neither side has any more. End when both lists are empty."
            )
        pieces = super().data_to_send()
        self.gave += b"".join(pieces)
        self.said_the_end += pieces.count(b"")
        return pieces

    def receive_data(self, data: bytes | bytearray) -> None:
        """Note the bytes."""
        super().receive_data(data)
        self.got += data

    def receive_eof(self) -> None:
        """Note the end."""
        self.heard_the_end += 1
        super().receive_eof()

    def events_received(self) -> list[Any]:
        """Note that somebody has taken the events."""
        self.events_taken = True
        return super().events_received()


class _Client(_Noting, ClientProtocol):
    pass


class _Server(_Noting, ServerProtocol):
    pass


class _Session:
    """A client and a server in memory, joined by an answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.client = _Client(parse_uri("ws://127.0.0.1/"))
        self.server = _Server()

    def exchange(self, shown: str) -> None:
        """Let the answer carry what both sides have to send, and see that it arrives."""
        self.client.begin()
        self.server.begin()
        attempt(self.answer, self.client, self.server, shown=Plain(shown))
        if self.client.events_taken or self.server.events_taken:
            raise Misconception(
                "your function takes the events: events_received() gives them once, and they "
                "belong to whoever called you. Carry bytes, and nothing else.",
                input=Plain(shown),
            )
        left = [b"".join(side.data_to_send()) for side in (self.client, self.server)]
        sides: list[tuple[str, _Client | _Server, _Client | _Server]] = [
            ("client", self.client, self.server),
            ("server", self.server, self.client),
        ]
        for name, sender, receiver in sides:
            if sender.gave and sender.got == sender.gave and not receiver.got:
                raise Misconception(
                    f"the {name} received its own bytes: they belong to the other side",
                    input=Plain(shown),
                )
        for (name, sender, receiver), rest in zip(sides, left, strict=True):
            if rest and not receiver.got:
                raise NotYet(
                    f"bytes went only in one direction: those of the {name} are still there",
                    input=Plain(shown),
                )
            if rest:
                raise NotYet(
                    f"the {name} has more to send: a message may call for an answer, such as a "
                    "pong. Go on until neither side has anything.",
                    input=Plain(shown),
                )
            if sender.gave != receiver.got:
                raise Misconception(
                    "bytes were lost: data_to_send() gives each piece once, in a list. Carry all "
                    "pieces of each list.",
                    input=Plain(shown),
                    expected=Plain(f"{len(sender.gave)} bytes of the {name}"),
                    received=Plain(f"{len(receiver.got)} bytes"),
                )
            if sender.said_the_end and not receiver.heard_the_end:
                raise NotYet(
                    f"the {name} has sent the end of the data, and the other side has not heard "
                    'of it. In data_to_send(), b"" is that end: call receive_eof().',
                    input=Plain(shown),
                )

    def shake_hands(self) -> None:
        """Send the request, and accept it."""
        self.client.send_request(self.client.connect())
        self.exchange("the client's handshake request")
        [request] = self.server.events_received()
        self.server.send_response(self.server.accept(request))
        self.exchange("the server's handshake response")
        self.client.events_received()

    def ping(self) -> None:
        """Ping in both directions; each side must answer."""
        self.client.send_ping(b"a")
        self.server.send_ping(b"b")
        self.exchange("a ping from each side")

    def talk(self, text: str) -> None:
        """Send three messages from each side, each of them in one piece of its own."""
        for side in (self.client, self.server):
            for number in range(3):
                side.send_text(f"{number}{text}".encode())
        self.exchange(f"three messages of {len(text) + 1} bytes from each side")
        self.client.events_received()
        self.server.events_received()

    def close(self) -> None:
        """Close, from the client's side."""
        self.client.send_close(1000)
        self.exchange("a Close frame of the client")
