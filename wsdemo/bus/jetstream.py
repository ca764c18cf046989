"""A room's stream in NATS JetStream."""

import asyncio
import contextlib
import logging
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy, StreamInfo
from nats.js.errors import APIError, BadRequestError, ServiceUnavailableError

from wsdemo.bus.core import ANSWER_TIME, Bus, BusUnfit

__all__ = ["JetStreamBus"]

log = logging.getLogger("wsdemo.bus")

NOTICED = 1.0  # seconds until a loss is noticed that neither nats-py nor the broker reports


class JetStreamBus(Bus):
    """A stream of JetStream (https://docs.nats.io/nats-concepts/jetstream/streams).

    JetStream numbers the messages of a stream 1, 2, 3 and so on. The epoch is the time at which
    the stream was made.
    """

    failures = (OSError, Error)
    refusals = (APIError,)

    _stream: JetStreamContext

    async def _follow(self) -> None:
        ended = asyncio.Event()

        async def end() -> None:
            ended.set()

        async def note(error: Exception) -> None:
            self.failure = error
            log.warning("NATS: %s", error)

        # nats-py's types ask for whole seconds; asyncio, which gets them, does not.
        times: dict[str, Any] = {"connect_timeout": ANSWER_TIME, "ping_interval": ANSWER_TIME}
        client = Client()
        try:
            await client.connect(
                self._url,
                allow_reconnect=False,  # the bus tries again by itself, and tells its clients
                closed_cb=end,
                error_cb=note,
                **times,
            )
            self._stream = client.jetstream(timeout=ANSWER_TIME)
            found = await self._open_stream(client)
            created = found.created.timestamp() if found.created else 0.0
            self._begin(f"{created:.6f}".replace(".", ""))
            await self._read_from(found.state.last_seq)
            await self._watch(client, ended, found)
        finally:  # after a failed connect as well: nats-py leaves its socket open
            # AssertionError: it could not read the address, and has opened nothing.
            with contextlib.suppress(AssertionError, *self.failures):
                await client.close()

    async def _open_stream(self, client: Client) -> StreamInfo:
        wanted: dict[str, Any] = {
            "name": self._room,
            "subjects": [self._room],
            "max_msgs": self._keep,
        }
        try:
            return await self._stream.add_stream(**wanted)
        except BadRequestError:  # it is there, with other limits: those of who made it
            return await self._stream.stream_info(self._room)
        except ServiceUnavailableError as error:
            if error.err_code is not None:  # JetStream itself has answered: it is busy
                raise
            version = client.connected_server_version
            what = f"it is NATS {version.major}.{version.minor} without JetStream"
            raise BusUnfit(f"{what}; start nats-server 2.2 or newer with -js") from None

    async def _read_from(self, newest: int) -> None:
        """Read what is stored after the last message received, and all that comes."""

        async def take(message: Msg) -> None:
            about = message.metadata
            self._take(about.sequence.stream, message.data)
            # The newest may have been deleted. Then it will not come.
            if about.num_pending == 0 or about.sequence.stream >= newest:
                self._caught_up(newest)

        after = self.history.last + 1
        start = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after)
        reading = await self._stream.subscribe(
            self._room, stream=self._room, cb=take, ordered_consumer=True, config=start
        )
        consumer = await reading.consumer_info()
        if consumer.num_pending == 0 and not (
            consumer.delivered and consumer.delivered.consumer_seq
        ):
            self._caught_up(newest)  # nothing will come: all was heard before, purged or expired

    async def _watch(self, client: Client, ended: asyncio.Event, found: StreamInfo) -> None:
        """Return when the connection, the stream or our consumer is gone.

        nats-py calls nobody if it has bytes left to send when the connection is lost, and the
        broker does not report that a stream or a consumer was removed.
        """
        newest, last = found.state.last_seq, self.history.last
        while not client.is_closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NOTICED):
                    await ended.wait()
                    return
            now = await self._stream.stream_info(self._room)
            if now.created != found.created or self.history.last == last < newest:
                return
            newest, last = now.state.last_seq, self.history.last

    async def _publish(self, text: str) -> str:
        stored = await self._stream.publish(self._room, text.encode(), timeout=ANSWER_TIME)
        return self.history.name(stored.seq)
