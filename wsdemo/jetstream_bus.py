"""A room's stream in NATS JetStream."""

import asyncio
import contextlib
import logging

import nats
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy, StreamInfo
from nats.js.errors import BadRequestError

from wsdemo.bus import PATIENCE, Bus

__all__ = ["JetStreamBus"]

log = logging.getLogger("wsdemo.bus")

NOTICED = 0.5  # seconds until a loss is noticed of which nats-py does not tell


class JetStreamBus(Bus):
    """A stream of JetStream (https://docs.nats.io/nats-concepts/jetstream/streams).

    JetStream numbers the messages of a stream 1, 2, 3 and so on. The epoch is the time at which
    the stream was made.
    """

    failures = (OSError, Error)

    _stream: JetStreamContext

    async def _follow(self) -> None:
        ended = asyncio.Event()

        async def end() -> None:
            ended.set()

        async def note(error: Exception) -> None:
            self.failure = error
            log.warning("NATS: %s", error)

        client = await nats.connect(
            self._url,
            allow_reconnect=False,  # the bus tries again by itself, and tells its clients
            connect_timeout=PATIENCE,
            ping_interval=PATIENCE,
            closed_cb=end,
            error_cb=note,
        )
        try:
            self._stream = client.jetstream(timeout=PATIENCE)
            found = await self._open_stream()
            self._begin(f"{found.created.timestamp():.6f}".replace(".", ""))
            await self._hear_from(found.state.last_seq)
            # Not closed_cb alone: where nats-py has bytes left to send when the line is lost, it
            # closes with an error, and calls nobody.
            while not client.is_closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(NOTICED):
                        await ended.wait()
        finally:
            with contextlib.suppress(*self.failures):
                await client.close()

    async def _open_stream(self) -> StreamInfo:
        wanted = {"name": self._room, "subjects": [self._room], "max_msgs": self._keep}
        try:
            return await self._stream.add_stream(**wanted)
        except BadRequestError:  # it is there, with other limits: those of who made it
            return await self._stream.stream_info(self._room)

    async def _hear_from(self, newest: int) -> None:
        """Hear what is stored after the last message heard, and all that comes."""

        async def take(message: Msg) -> None:
            number = message.metadata.sequence.stream
            self._take(number, message.data.decode())
            if number >= newest:
                self._caught_up()

        after = self.history.last + 1
        start = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after)
        await self._stream.subscribe(self._room, cb=take, ordered_consumer=True, config=start)
        if self.history.last >= newest:
            self._caught_up()

    async def _publish(self, text: str) -> str:
        stored = await self._stream.publish(self._room, text.encode(), timeout=PATIENCE)
        return self.history.name(stored.seq)
