"""How much of a connection a recording keeps, however small its pieces are."""

import asyncio
import tracemalloc
import zlib

import pytest

from tests.wire.kit import REQUEST
from wsdemo.frames import Frame, Handshake, Opcode
from wsdemo.wire.link import DIRECTIONS, Condition, Link
from wsdemo.wire.recording import BUDGET, KEEP, Recording


@pytest.fixture
def upgraded():
    """Make the recording of a link that is not connected, after a handshake."""

    async def make(headers):
        link = Link({direction: Condition() for direction in DIRECTIONS})
        recording = Recording(1, link, 0.0, KEEP)
        recording.received("to server", REQUEST)
        recording.received("to client", bytes(Handshake("HTTP/1.1 101 Go", headers)))
        return recording

    return lambda *headers: asyncio.run(make(headers))


def test_small_pieces_that_nobody_looks_at_take_little_memory(upgraded):
    recording, frame = upgraded(), Frame(Opcode.BINARY, bytes(1000))
    tracemalloc.start()
    try:
        for count in (10_000, 20_000):
            for _ in range(10_000):
                recording.received("to client", bytes(frame))
            assert len(recording.events) + recording.forgotten == count  # nobody looks before
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 14 * 2**20


def test_what_compressed_frames_were_inflated_to_counts_as_memory(upgraded):
    recording = upgraded(("Sec-WebSocket-Extensions", "permessage-deflate"))
    squeeze = zlib.compressobj(wbits=-15)
    for _ in range(10_000):
        deflated = squeeze.compress(bytes(1000)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        recording.received("to client", bytes(Frame(Opcode.BINARY, deflated[:-4], rsv1=True)))
    kept = [len(seen.data) for seen in recording.events]
    assert set(kept) == {1000}
    assert 1000 < len(kept) < BUDGET / 1000
    assert len(kept) + recording.forgotten == 10_000
