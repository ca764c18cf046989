"""One message to many connections: serialised once, joined with its neighbours, bounded.

``websockets.broadcast`` serialises a message anew for each connection, writes each message by
itself, and lets the buffer of a client that does not read grow without an end. Most of a delivery
is the operating system's ``send``, so this module hands it as few and as large pieces as it can.
"""

import asyncio
import logging

from websockets.asyncio.connection import Connection
from websockets.protocol import OPEN

from wsdemo.frames import Frame, Opcode

__all__ = ["MOST_PENDING", "Fanout"]

MOST_PENDING = 2**20
"""Bytes that may wait for a client that does not read; then it is dropped."""

log = logging.getLogger("wsdemo.fanout")
log.addHandler(logging.NullHandler())


class Fanout:
    """The connections that each message goes to.

    All messages that are sent within one turn of the event loop leave together, in one write per
    connection. What is sent to a single connection by its own ``send()`` in that turn may overtake
    them. Messages are not compressed, which is legal where compression was negotiated, too (RFC
    7692 §6). A connection that is closing gets nothing more; one that is in the middle of a
    fragmented message gets them after it (RFC 6455 §5.4).

    Its methods are called on the event loop of its connections.

    Args:
        most_pending: bytes that may wait for a client before it is dropped.
    """

    def __init__(self, most_pending: int = MOST_PENDING) -> None:
        self._members: set[Connection] = set()
        self._most_pending = most_pending
        self._turn: list[bytes] = []  # the frames of this turn of the loop
        self._after_fragments: dict[Connection, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def add(self, connection: Connection) -> None:
        """Let a connection receive the messages that are sent from now on."""
        self._leave()  # what was sent before is not for the newcomer
        self._members.add(connection)

    def discard(self, connection: Connection) -> None:
        """Send no more to a connection, whether it is a member or not."""
        self._members.discard(connection)

    def send(self, message: str | bytes) -> None:
        """Send a message to all, without waiting for any of them.

        Args:
            message: text, or bytes for a binary message.

        Raises:
            UnicodeEncodeError: the text holds half a surrogate pair and is no Unicode.
        """
        opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        data = message.encode() if isinstance(message, str) else bytes(message)
        if not self._turn:
            asyncio.get_running_loop().call_soon(self._leave)
        self._turn.append(bytes(Frame(opcode, data)))

    def _leave(self) -> None:
        """Write what this turn of the loop has brought."""
        if not self._turn:
            return
        data = b"".join(self._turn)
        self._turn.clear()
        for connection in self._members:
            if connection.send_in_progress is not None or connection in self._after_fragments:
                self._put_off(connection, data)
            else:
                self._write(connection, data)

    def _write(self, connection: Connection, data: bytes) -> None:
        transport = connection.transport
        if connection.protocol.state is not OPEN or transport.is_closing():
            return
        transport.write(data)
        pending = transport.get_write_buffer_size()
        if pending > self._most_pending:
            log.warning("dropped a client that does not read: %d bytes wait for it", pending)
            transport.abort()

    def _put_off(self, connection: Connection, data: bytes) -> None:
        """Keep messages back until a fragmented one has ended."""
        if connection in self._after_fragments:
            self._after_fragments[connection].append(data)
            return
        self._after_fragments[connection] = [data]

        def catch_up(_: object = None) -> None:
            fragments = connection.send_in_progress
            if fragments is not None:  # those of this message, or the next one has begun
                fragments.add_done_callback(catch_up)
            else:
                self._write(connection, b"".join(self._after_fragments.pop(connection)))

        catch_up()
