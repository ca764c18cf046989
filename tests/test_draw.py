"""Pictures of frames and bytes: well-formed, the same in every run, and told in words, too."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest

from wsdemo import draw
from wsdemo.frames import Frame, Handshake, Opcode

MASK = bytes.fromhex("37fa213d")
NASTY = "<script>alert('&\"')</script>\0\x1b\x85\ufffe\ud800"


def texts(picture):
    """What is written in a picture; parsing it shows that it is well-formed."""
    root = ET.fromstring(picture.svg)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            Frame(Opcode.TEXT, b"Hello", mask=MASK),
            "FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 0001 (TEXT), MASK 1, length 0000101 (5); "
            "mask 37 fa 21 3d; payload 7f 9f 4d 51 58",
        ),
        (
            Frame(Opcode.BINARY, bytes(300), fin=False, rsv1=True),
            "FIN 0, RSV1 1, RSV2 0, RSV3 0, opcode 0010 (BINARY), MASK 0, length 1111110 (126); "
            f"extended length 300 in 2 bytes; payload {'00 ' * 12}…",
        ),
        (
            Frame(Opcode.PING),
            "FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 1001 (PING), MASK 0, length 0000000 (0)",
        ),
        (
            Frame(11, length_bits=64),
            "FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 1011 (RESERVED 11), MASK 0, "
            "length 1111111 (127); extended length 0 in 8 bytes",
        ),
    ],
    ids=["masked", "long", "empty", "64 bits"],
)
def test_the_bits_of_a_frame(data, words):
    picture = draw.bits(data)
    assert picture.text == words
    assert picture.svg == draw.bits(bytes(data)).svg
    assert int("".join(first_bits(picture)), 2).to_bytes(2, "big") == bytes(data)[:2]


def first_bits(picture):
    """The sixteen bits, from left to right."""
    root = ET.fromstring(picture.svg)
    return [each.text for each in root.iter() if each.get("class") == "big"]


def test_the_payload_is_shown_masked_and_clear():
    drawn = texts(draw.bits(Frame(Opcode.TEXT, b"Hi\n", mask=MASK)))
    assert drawn[-14:] == [
        *("37", "mask", "fa", "mask", "21", "mask", "3d", "mask"),
        *("7f", "→ H", "93", "→ i", "2b", "→ 0a"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x81", b"\x81\x05Hell", b"\x81\x05Hello!", b"\x81\x00\x81\x00"],
    ids=["nothing", "half a header", "too short", "too long", "two frames"],
)
def test_only_one_whole_frame_has_bits(data):
    with pytest.raises(ValueError, match=f"these {len(data)} bytes are not one whole frame"):
        draw.bits(data)


def test_a_hexdump_and_its_parts():
    data = b"\x81\x85\x37\xfa\x21\x3d" + "grüß dich!".encode()
    picture = draw.hexdump(data, [(2, "header"), (4, "mask")])
    assert picture.text.splitlines() == [
        "0000  81 85 37 fa 21 3d 67 72 c3 bc c3 9f 20 64 69 63  ··7·!=gr···· dic",
        "0010  68 21                                            h!",
        "      header: 2 bytes",
        "      mask: 4 bytes",
    ]
    drawn = texts(picture)
    assert drawn[:3] == ["81", "85", "37"]
    assert drawn[-2:] == ["header (2 bytes)", "mask (4 bytes)"]


def test_a_hexdump_of_nothing_is_empty():
    assert draw.hexdump(b"").text == ""
    assert texts(draw.hexdump(b"")) == []


def test_parts_longer_than_the_data_are_refused():
    with pytest.raises(ValueError, match="longer than the data"):
        draw.hexdump(b"abc", [(2, "a"), (2, "b")])


PICTURES = {
    "sequence": lambda: draw.sequence([NASTY, Handshake(f"GET /{NASTY} HTTP/1.1")], NASTY, NASTY),
    "bits": lambda: draw.bits(Frame(Opcode.TEXT, NASTY.encode(errors="replace"))),
    "hexdump": lambda: draw.hexdump(NASTY.encode(errors="replace"), [(1, NASTY)]),
}


@pytest.mark.parametrize("draw_it", PICTURES.values(), ids=PICTURES)
def test_nothing_breaks_out_of_a_picture(draw_it):
    picture = draw_it()
    assert texts(picture)
    assert "<script" not in picture.svg
    assert "<script" not in picture._repr_mimebundle_()["text/html"]


def test_a_picture_invents_no_character():
    picture = draw.sequence(["bell \x07\ud800", Handshake("GET /grüß\x1b[2J HTTP/1.1")])
    assert texts(picture)[-2:] == [r"~  bell \x07\ud800  ~", r"GET /grüß\x1b[2J  (upgrade)"]
    assert picture.text == "~ bell \\x07\\ud800 ~\nclient → server: GET /grüß\\x1b[2J  (upgrade)"


@pytest.mark.parametrize("draw_it", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_an_image_with_a_text_alternative(draw_it):
    picture = draw_it()
    shown = picture._repr_mimebundle_()
    assert shown["text/plain"] == repr(picture) == picture.text
    image = re.fullmatch(
        r'<img [^<>]*src="data:image/svg\+xml;base64,(.*?)" alt="([^"<>]*)">',
        shown["text/html"],
        re.DOTALL,
    )
    assert base64.b64decode(image[1]).decode() == picture.svg
    assert "\n" not in image[2]
    assert "color-scheme: light dark" in picture.svg
    assert "http" not in picture.svg.replace("http://www.w3.org/2000/svg", "")


def test_long_words_stay_inside_the_picture():
    path = "x" * 500
    picture = draw.sequence([Handshake(f"GET /{path} HTTP/1.1"), path])
    assert max(map(len, texts(picture))) * 8.4 < 640  # a letter of this font is 8.4 wide
    assert path in picture.text


def test_a_box_has_its_text_in_the_middle_whatever_it_is():
    picture = draw.Picture(100, 50, [draw.box(10, 10, 80, 30, draw.DATA, "a < b")], "a box")
    assert texts(picture) == ["a < b"]
    assert 'x="50" y="30" text-anchor="middle"' in picture.svg
    assert texts(draw.Picture(100, 50, [draw.box(10, 10, 80, 30, draw.DATA)], "a box")) == []
