"""``wire.explain()``: the same display in every run, a page that is safe, and bounded memory."""

import re
import tracemalloc

import pytest
from websockets.sync.client import connect

import wsdemo
from tests.wire.explain_kit import EVIL, KEY, MASK, after_handshake, evil
from tests.wire.kit import client, echo, send_too_much, two_ends
from wsdemo.frames import Frame, Opcode
from wsdemo.wire.explain import Explanation, explain
from wsdemo.wire.explain.page import MOST
from wsdemo.wire.first_bytes import LENGTH, FirstBytes

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def talk(wire):
    with client(wire) as connection:
        for message in ("Hello", b"\0\1"):
            connection.send(message)
            connection.recv(timeout=5)


def test_it_shows_the_same_in_every_run(server):
    seen = []
    for _ in range(3):
        with wsdemo.Wire(server.url + "/chat") as wire:
            talk(wire)
            explained = wire.explain()
            seen.append((repr(explained), explained._repr_mimebundle_()["text/html"]))
    assert len(set(seen)) == 1
    text, html = seen[0]
    for shown in (text, html):
        for part in ("Sec-WebSocket-Key", "·· ·· ·· ··", "random bytes", "1000 (normal closure)"):
            assert part in shown
        assert "127.0.0.1:" not in shown.replace("127.0.0.1:<port>", "").replace(
            "127.0.0.1:&lt;port&gt;", ""
        )


def test_its_text():
    pieces = after_handshake(("to server", bytes(Frame(Opcode.TEXT, b"Hello", mask=MASK))))
    frame = Explanation(explain(pieces))[2:]
    assert (
        repr(frame)
        == """\
client → server  TEXT 'Hello'
  81                        FIN, RSV1–3, opcode: TEXT, last frame
                            FIN 1 (last frame), RSV1 0 (not used), RSV2 0 (not used), RSV3 0 \
(not used), opcode 0001 (TEXT)
                            A text, in UTF-8. FIN marks the last frame of a message. (RFC 6455 \
§5.2)
  85                        MASK, payload length: masked, 5 bytes of payload
                            MASK 1 (masked), length 0000101 (5 bytes)
                            Clients must mask each frame; the key follows. (RFC 6455 §5.2)
  ·· ·· ·· ··               masking key: <4 random bytes>
                            Four random bytes, new for each frame. XOR each byte of the payload \
with the next one of them, in turn, to read it. (RFC 6455 §5.3)
  ·· ·· ·· ·· ··            payload: 'Hello'
                            The message: text in UTF-8. It is masked: XOR with the key gives the \
bytes without the mask. (RFC 6455 §5.6)"""
    )


def test_exact_shows_what_differs_from_run_to_run():
    pieces = after_handshake(("to server", bytes(Frame(Opcode.TEXT, b"Hello", mask=MASK))))
    exact = Explanation(explain(pieces), exact=True)
    for shown in (repr(exact), exact._repr_mimebundle_()["text/html"]):
        for part in (KEY, "127.0.0.1:4321", "37 fa 21 3d", "7f 9f 4d 51 58"):
            assert part in shown
        assert "··" not in shown
    assert "37 fa 21 3d" in repr(exact[2:]), "a slice is as exact"
    assert "37 fa 21 3d" in Explanation(explain(pieces)).html(), "a page always is"


def test_it_agrees_with_the_log(server):
    with wsdemo.serve(echo, name="squeezed") as squeezed, wsdemo.Wire(squeezed.url) as wire:
        with connect(wire.url, ping_interval=None) as connection:
            for message in ("Hello, Ana", "Hello, Ana", b"\0\1", ["Hel", "lo"]):
                connection.send(message)
                connection.recv(timeout=5)
        explained = wire.explain()
        frames = [unit for unit in explained if unit.spans[0].kind == "opcode"]
        for direction in ("to server", "to client"):
            assert [unit.title for unit in frames if unit.direction == direction] == [
                str(seen) for seen in wire.frames if seen.direction == direction
            ]
        assert sum(len(unit.data) for unit in explained) == (
            wire.bytes_to_server + wire.bytes_to_client
        )
        assert not [unit.problem for unit in explained if unit.problem]


def test_connections_are_kept_apart(wire):
    talk(wire)
    talk(wire)
    explained = wire.explain()
    assert [unit.connection for unit in explained] == sorted(unit.connection for unit in explained)
    assert "client → server, connection 2  request GET /" in repr(explained)
    assert len(explained.units) == len(explained) == 16


def test_before_anything_has_passed(wire):
    assert repr(wire.explain()) == "no bytes have passed yet"
    assert "No bytes have passed yet" in wire.explain().html()


def test_it_says_how_much_was_not_kept():
    with two_ends() as (wire, near, far):
        send_too_much(wire, near, far)
        explained = wire.explain()
        seen = wire.bytes_to_server + wire.bytes_to_client
        kept = sum(len(unit.data) for unit in explained)
        assert LENGTH - 1000 < kept <= LENGTH
        assert explained.missing == seen - kept
        told = f"… {seen - kept:,} later bytes were not kept"
        assert told in repr(explained)
        assert told in explained.html()
        assert told in explained._repr_mimebundle_()["text/html"]


def test_the_first_bytes_take_little_memory():
    first_bytes = FirstBytes()
    tracemalloc.start()
    try:
        for time in range(20_000):
            first_bytes.add(time, "to server", b"12")
            first_bytes.add(time, "to client", b"34")
        first_bytes.add(20_000, "to client", bytes(10**6))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 1.5 * LENGTH
    assert first_bytes.pieces[:2] == [("to server", b"12"), ("to client", b"34")]


def test_to_explain_them_the_first_bytes_of_one_direction_are_joined():
    first_bytes = FirstBytes()
    reads = [(0.5, "to server", b"1"), (1.5, "to server", b"2"), (2.5, "to client", b"3")]
    for each in reads:
        first_bytes.add(*each)
    assert first_bytes.reads == reads
    assert first_bytes.pieces == [("to server", b"12"), ("to client", b"3")]


def test_what_strangers_send_is_only_shown():
    explained = Explanation(explain(evil()), exact=True)
    assert len(explained.units) == 5
    page = explained.html(title=EVIL)
    assert page.count("<script>") == page.count("</script>") == 1
    for shown in (page, explained._repr_mimebundle_()["text/html"]):
        assert "<img" not in shown
        assert "onerror=alert(1)&gt;" in shown
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", shown), "nothing turns the text"


def test_a_page_of_a_long_conversation_stays_small_and_says_so(tmp_path):
    frame = bytes(Frame(Opcode.BINARY, bytes(range(256)), mask=MASK))
    explained = Explanation(explain(after_handshake(("to server", frame * 400))))
    explained.save(tmp_path / "talk.html")
    page = (tmp_path / "talk.html").read_text("utf-8")
    assert MOST - 20_000 < len(page.encode()) <= MOST
    [left] = re.findall("… ([0-9]+) more requests, responses and frames are left out", page)
    assert page.count("<section") + int(left) == 402


def test_a_notebook_shows_the_beginning_of_a_long_conversation():
    frame = bytes(Frame(Opcode.PING, mask=MASK))
    explained = Explanation(explain(after_handshake(("to server", frame * 20_000))))
    shown = explained._repr_mimebundle_()
    assert shown["text/html"].count("<table") == shown["text/plain"].count("\nclient → server") + 2
    assert len(shown["text/html"]) < 300_000
    for each in shown.values():
        assert "… 19,902 more: show a slice of them, such as [100:200]" in each
    assert "19,902" not in repr(explained[:100])
    assert len(explained.html()) <= MOST


def test_a_page_loads_nothing(tmp_path):
    page = Explanation(explain(after_handshake())).html("Our talk")
    assert "<title>Our talk</title>" in page
    assert not re.search(r"<link|<img|<iframe|\ssrc=|url\(|@import", page)
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page


@pytest.mark.parametrize("name", ["talk.pcapng", "talk"])
def test_a_page_has_the_name_of_a_page(tmp_path, name):
    with pytest.raises(ValueError, match=r"use save\('talk.html'\), not"):
        Explanation(()).save(tmp_path / name)
