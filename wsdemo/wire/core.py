"""The wire between a client and a server: every byte seen, faults on demand."""

import asyncio
import contextlib
import functools
import os
import pathlib
import urllib.parse
import weakref
from collections.abc import Callable

from wsdemo import embedding
from wsdemo.frames import Frame, Handshake
from wsdemo.interrupts import let_interrupts_wake_the_loop
from wsdemo.loop import LoopThread
from wsdemo.options import check_number
from wsdemo.proxies import keep_loopback_direct
from wsdemo.running import remember
from wsdemo.wire.conditions import directions_of, freeze, set_condition
from wsdemo.wire.explain.conversation import explain
from wsdemo.wire.explain.explanation import Explanation
from wsdemo.wire.explain.spans import Unit
from wsdemo.wire.first_bytes import LENGTH
from wsdemo.wire.follower import Follower
from wsdemo.wire.injection import inject, make_frame
from wsdemo.wire.link import DIRECTIONS, Link
from wsdemo.wire.pcapng import capture_file, pcapng
from wsdemo.wire.recorder import Recorder
from wsdemo.wire.recording import KEEP
from wsdemo.wire.relay import Relay
from wsdemo.wire.transcript import Transcript, transcribe
from wsdemo.wire.wire_frame import WireFrame

__all__ = ["Wire", "WireFrame"]

PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}


class Wire:
    """Stand between clients and a server: record every byte, and cause faults on demand.

    Clients, in any language, connect to ``wire.url`` instead of ``server.url``. The wire passes on
    each byte as it comes; a copy is decoded when you look (RFC 6455 §4, §5). Over TLS it sees only
    ciphertext, and says so. Use it in ``with``, or call ``stop()``; it also ends when nothing
    refers to it. A cell that ends with a wire shows it live, with buttons for its methods.

    It keeps a few MiB of each connection; then the oldest frames are forgotten, and the log says
    how many. Compressed messages are inflated; of one that is not, the log says why.

    Args:
        url: the server's address, such as ``server.url``.
        keep: payload bytes to keep of each frame, compressed and inflated; ``None`` for all.
        first: bytes to keep of each connection as they came, for :meth:`explain` and :meth:`save`.
        port: the TCP port to listen on; 0 takes a free one.

    Attributes:
        url: the address for clients.

    Raises:
        ValueError: the URL is not one of a WebSocket or HTTP server, or a number makes no sense.
        OSError: the port is taken, or may not be used.
    """

    def __init__(
        self, url: str, *, keep: int | None = KEEP, first: int = LENGTH, port: int = 0
    ) -> None:
        parts = urllib.parse.urlsplit(str(url))
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"Wire() takes an address such as server.url, not {url!r}")
        check_number("keep", 0 if keep is None else keep, "bytes", least=0, whole=True)
        check_number("first", first, "bytes", least=0, whole=True)
        check_number("port", port, least=0, most=65535, whole=True)
        keep_loopback_direct()
        let_interrupts_wake_the_loop()
        self._recorder = Recorder(keep, first)
        self._relay = Relay(
            parts.hostname, parts.port or PORTS[parts.scheme], self._recorder.observe
        )
        self._thread = LoopThread("wire")
        try:
            self._port = self._thread.run(self._relay.start(port))
        except OSError:
            self._thread.stop()
            raise
        self.url = parts._replace(netloc=f"127.0.0.1:{self._port}").geturl()
        weakref.finalize(self, _end, self._relay, self._thread)
        remember("wire", self)

    # What was seen

    def log(self, exact: bool = False) -> Transcript:
        """Write down the handshakes, then one line a frame, connection by connection.

        Args:
            exact: show keys, ports, dates and versions too; without them the text is the same in
                every run.
        """
        return self._thread.ask(lambda: transcribe(self._recorder.recordings, exact))

    def take_log(self) -> list[str]:
        """Take the lines of the log that are new since the last call, in the order of their times.

        For a program that shows a wire for hours: what was taken is no longer in :meth:`log` and
        :attr:`frames`, and of connections that have ended the oldest are forgotten, once the first
        bytes of all of them take more than 64 MiB. Lines are exact, and a line that names the
        connection stands before those of another one.
        """
        return self._thread.ask(self._recorder.take_log)

    def follow(self) -> Follower:
        """Return a reader of what passes, line by line; it takes nothing away."""
        return Follower(self._recorder, self._relay, self._thread)

    @property
    def frames(self) -> list[WireFrame]:
        """The frames seen so far, in the order they came."""

        def collect() -> list[WireFrame]:
            events = [
                event for recording in self._recorder.recordings for event in recording.events
            ]
            return [event for event in events if isinstance(event, WireFrame)]

        return sorted(self._thread.ask(collect), key=lambda seen: seen.time)

    @property
    def handshakes(self) -> list[tuple[Handshake | None, ...]]:
        """The request and the response of each connection; ``None`` for what is still missing."""
        recordings = self._recorder.recordings
        return self._thread.ask(
            lambda: [
                tuple(recording.handshakes.get(each) for each in DIRECTIONS)
                for recording in recordings
            ]
        )

    def explain(self, exact: bool = False) -> Explanation:
        """Explain each byte that was seen: what it is, what it means, which RFC says so.

        ``wire.explain().save("talk.html")`` saves a page that shows them. The first bytes of
        each connection are explained, 256 KiB unless ``first`` says otherwise; how many more came
        is said.

        Args:
            exact: show keys, masks, ports, dates and versions in a notebook, too; without them the
                output is the same in every run. A saved page always shows them.

        Returns:
            The requests, responses and frames, connection by connection.
        """

        def collect() -> tuple[list[tuple[int, list[tuple[str, bytes]]]], int]:
            recordings = self._recorder.recordings
            return [(each.number, each.first_bytes.pieces) for each in recordings], self.missing

        seen, missing = self._thread.ask(collect)
        units: list[Unit] = []
        for number, pieces in seen:
            units += explain(pieces, number)
        return Explanation(units, exact, missing)

    def save(
        self, path: "str | os.PathLike[str]", *, keylog: "str | os.PathLike[str] | None" = None
    ) -> None:
        """Save what was seen as a file that Wireshark opens.

        Each connection is a TCP conversation on 127.0.0.1 with its true ports, its bytes in both
        directions, and the time of each read. Wireshark recognises WebSocket by the handshake, on
        any port. The first bytes of each connection are saved, as for :meth:`explain`; a comment in
        the file says how many more came.

        Args:
            path: a file whose name ends with ``.pcapng``; one that is there is replaced.
            keylog: the TLS key log of the client or the server, such as the file that was its
                ``SSLContext.keylog_filename``. It becomes a part of the file: whoever has the file
                can then read what was encrypted.

        Raises:
            ValueError: the name ends with something else.
            OSError: the file cannot be written, or the key log cannot be read.
        """
        file = capture_file(path)
        keys = pathlib.Path(keylog).read_bytes() if keylog is not None else b""
        seen = self._thread.ask(lambda: self._recorder.conversations(self._port))
        file.write_bytes(pcapng(seen, self._recorder.date, keys, self._recorder.forgotten))

    @property
    def missing(self) -> int:
        """How many bytes came too late to be among the first bytes that are kept."""
        return self._thread.ask(lambda: self._recorder.missing)

    @property
    def bytes_to_server(self) -> int:
        """How many bytes have come for the server, handshakes included."""
        return sum(recording.count("to server") for recording in self._recorder.recordings)

    @property
    def bytes_to_client(self) -> int:
        """How many bytes have come for clients, handshakes included."""
        return sum(recording.count("to client") for recording in self._recorder.recordings)

    # What can go wrong with a connection

    def freeze(self, direction: str | None = None, *, after: int = 0) -> None:
        """Let nothing through, and report nothing, like a network that has failed silently.

        Args:
            direction: ``"to server"``, ``"to client"``, or ``None`` for both.
            after: how many more bytes pass before, on each open connection or else on the next;
                it may end in the middle of a frame.
        """
        if not after:
            self._set("frozen", direction, frozen=True)
        for each in directions_of(direction) if after else ():
            # Without self: a countdown that waits must not keep a forgotten wire alive.
            self._break(each, after, functools.partial(freeze, self._relay, each))

    def thaw(self, direction: str | None = None) -> None:
        """Let everything through again, beginning with what was held."""
        self._set("thawed", direction, frozen=False)

    def cut(self, direction: str | None = None, *, after: int = 0) -> None:
        """Reset the TCP connections that are open.

        Args:
            direction: which end sees the reset: the server, the client, or ``None`` for both. The
                other end is not notified, and receives nothing more.
            after: how many more bytes pass before; see :meth:`freeze`.
        """
        directions = directions_of(direction)
        seen_by = f" (seen only by the {directions[0][3:]})" if direction else ""

        def act(link: Link) -> None:
            link.observer.noted(f"cut{seen_by}")
            link.cut(directions)

        for each in directions if after else directions[:1]:
            self._break(each, after, act)

    def delay(self, seconds: float, direction: str | None = None) -> None:
        """Delay each byte by this time; 0 ends it."""
        check_number("delay", seconds, "s", least=0)
        self._set(f"delay {seconds} s", direction, delay=seconds)

    def throttle(self, bytes_per_second: float | None, direction: str | None = None) -> None:
        """Pass on this many bytes a second on each connection; ``None`` ends it."""
        if bytes_per_second is not None:
            check_number("throttle", bytes_per_second, "bytes a second", above=0)
        what = f"throttle {bytes_per_second} bytes/s" if bytes_per_second else "no throttle"
        self._set(what, direction, rate=bytes_per_second)

    def inject(
        self,
        data: str | bytes | Frame,
        direction: str,
        *,
        kind: str | None = None,
        code: int = 1000,
        connection: int | None = None,
    ) -> None:
        """Send a frame of your own, as if the client or the server had sent it.

        It is put behind what has come, between two frames; a message also waits for the end of
        another one that is sent in fragments (RFC 6455 §5.4). To the server it is masked, to the
        client it is not (§5.1). A frozen or slow network holds it like any other frame. The log
        marks it as injected.

        Args:
            data: ``str`` for a text, ``bytes`` for a binary message; or a whole
                :class:`~wsdemo.frames.Frame`, whose mask does not count.
            direction: ``"to server"`` or ``"to client"``.
            kind: ``"ping"``, ``"pong"`` (with a payload of at most 125 bytes, §5.5), ``"close"``
                (the data are the reason), or ``"raw"``: bytes that are sent at once as they are,
                also in the middle of a frame.
            code: of a Close frame (§7.4).
            connection: the number of the connection; ``None`` for all that are open.

        Raises:
            LookupError: no such connection is open, or it has no WebSocket that a frame could
                follow on: before the handshake, over TLS, after a Close frame.
            TypeError: the data do not fit the kind.
            ValueError: the kind, the direction, the code or the length makes no sense.
        """
        if direction is None:
            raise ValueError("inject takes a direction: 'to server' or 'to client'")
        [direction] = directions_of(direction)
        made = make_frame(data, kind, code)
        if not self.running:
            raise LookupError("this wire is stopped: make a new one, and connect a client to it")
        self._thread.ask(lambda: inject(self._relay.open_links, direction, made, connection))

    def _break(self, direction: str, after: int, action: Callable[[Link], object]) -> None:
        check_number("after", after, "bytes", least=0, whole=True)
        self._thread.ask(lambda: self._relay.act_after(direction, after, action))

    def _set(self, what: str, direction: str | None, **condition: object) -> None:
        self._thread.ask(lambda: set_condition(self._relay, what, direction, **condition))

    # Life and death

    def stop(self) -> None:
        """End the connections and free the port; what was seen stays. May be called twice."""
        _end(self._relay, self._thread)

    @property
    def running(self) -> bool:
        """Whether it takes connections; False after :meth:`stop`."""
        return self._thread.running

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Wire {'open' if self.running else 'stopped'}>"

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        panel = embedding.wire_panel(self) if embedding.wire_panel else {}
        return {"text/plain": repr(self), **panel}


def _end(relay: Relay, thread: LoopThread) -> None:
    if not thread.running:
        return
    stopped = asyncio.run_coroutine_threadsafe(relay.stop(), thread.loop)
    if thread.is_current:  # the garbage collector runs anywhere
        stopped.add_done_callback(lambda _: thread.stop())
        return
    with contextlib.suppress(TimeoutError):
        stopped.result(timeout=5)
    thread.stop()
