"""What no right program sends is noticed in any case, with the section of the RFC."""

import pytest

from wsdemo.frames import Frame, Opcode
from wsdemo.judge.model import Failed
from wsdemo.judge.rules import Rules, may_be_sent
from wsdemo.judge.words import binary, close, more, ping, text

MASK = b"mask"


@pytest.mark.parametrize(
    ("frames", "section", "told"),
    [
        ([Frame(Opcode.TEXT, b"Hi", mask=MASK)], "5.1", "MASK is 1"),
        ([Frame(Opcode.TEXT, b"Hi", rsv1=True)], "5.2", "no extension"),
        ([Frame(Opcode.TEXT, b"Hi", rsv3=True)], "5.2", "no extension"),
        ([Frame(3, b"Hi")], "5.2", "opcode 3 is reserved"),
        ([Frame(Opcode.PING, b"Hi", fin=False)], "5.5", "FIN is 0"),
        ([ping("x" * 126)], "5.5", "126 bytes"),
        ([Frame(Opcode.TEXT, b"Hi", length_bits=16)], "5.2", "shortest form, of 7 bits"),
        ([Frame(Opcode.TEXT, b"x" * 126, length_bits=64)], "5.2", "written in 64 bits"),
        ([more("lo", fin=True)], "5.4", "no message has begun"),
        ([text("a"), more("b")], "5.4", "no message has begun"),
        ([text("a", fin=False), text("b")], "5.4", "inside a message"),
        ([close(1000), text("late")], "5.5.1", "after one"),
        ([close(1000), close(1000)], "5.5.1", "after one"),
        ([Frame(Opcode.CLOSE, b"\x03")], "5.5.1", "one byte"),
        ([close(1005)], "7.4", "1005 may not"),
        ([close(999)], "7.4", "999 may not"),
        ([close(1000, b"\xff")], "5.5.1", "not valid UTF-8"),
        ([text(b"\xff")], "8.1", "not valid UTF-8"),
        ([text("☺".encode()[:2])], "8.1", "not valid UTF-8"),
        ([text("☺".encode()[:2], fin=False), more(b"x")], "8.1", "not valid UTF-8"),
    ],
)
def test_a_server_may_not_send_it(frames, section, told):
    rules = Rules("server")
    for frame in frames[:-1]:
        rules.check(frame)
    with pytest.raises(Failed, match=told) as failed:
        rules.check(frames[-1])
    assert failed.value.section == section
    assert failed.value.frame == frames[-1]


def test_a_client_masks_each_frame():
    rules = Rules("client")
    rules.check(Frame(Opcode.TEXT, b"Hi", mask=MASK))
    with pytest.raises(Failed, match="MASK is 0"):
        rules.check(text("Hi"))


def test_what_is_right_passes():
    rules = Rules("server")
    smile = "☺".encode()
    for frame in (
        text(),
        text(smile[:2], fin=False),
        ping("x" * 125),
        more(smile[2:], fin=True),
        binary(b"\xff", fin=False),
        more(b"\xfe", fin=True),
        text("x" * 65_536),
        close(4999, "bye"),
    ):
        rules.check(frame)


@pytest.mark.parametrize("code", [0, 999, 1005, 1006, 1015, 5000, 65_535])
def test_codes_that_may_not_be_sent(code):
    assert not may_be_sent(code)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_codes_that_may_be_sent(code):
    assert may_be_sent(code)
