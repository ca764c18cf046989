"""Pictures: well-formed, the same in every run, and told in words, too."""

import base64
import operator
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from wsdemo import draw
from wsdemo.frames import Frame, Handshake, Opcode

MASK = bytes.fromhex("37fa213d")
NASTY = "<script>alert('&\"')</script>\0\x1b\x85\ufffe\ud800"


def texts(picture):
    """What is written in a picture; parsing it shows that it is well-formed."""
    root = ET.fromstring(picture.svg)
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def wire():
    with wsdemo.apps.echo.serve() as server, wsdemo.Wire(server.url + "/chat") as wire:
        with connect(wire.url) as client:
            assert client.recv(timeout=5) == "Welcome!"
            client.send("Hello")
            assert client.recv(timeout=5) == "You said: Hello"
        yield wire


CONVERSATION = """\
ana → server: GET /chat  (upgrade)
server → ana: 101 Switching Protocols
server → ana: TEXT 'Welcome!'
ana → server: TEXT 'Hello'
server → ana: TEXT 'You said: Hello'
ana → server: CLOSE 1000
server → ana: CLOSE 1000"""


@pytest.mark.usefixtures("nothing_left_running")
def test_a_sequence_of_a_wire(wire):
    picture = draw.sequence(wire, left="ana")
    assert repr(picture) == CONVERSATION
    steps = [line.partition(": ")[2] for line in CONVERSATION.splitlines()]
    assert texts(picture) == ["ana", "server", *steps]


@pytest.mark.usefixtures("nothing_left_running")
def test_a_picture_is_the_same_in_every_run(wire):
    picture = draw.sequence(wire)
    assert picture.svg == draw.sequence(wire).svg
    assert not re.search(r"\bid=|127\.0\.0\.1|\d+:\d+", picture.svg)
    port = wire.url.rpartition(":")[2].removesuffix("/chat")
    assert port not in texts(picture)


@pytest.mark.usefixtures("nothing_left_running")
def test_a_sequence_of_chosen_steps(wire):
    welcome, hello, *_ = wire.frames
    response = Handshake("HTTP/1.1 401 Unauthorized")
    picture = draw.sequence([response, "the line is cut", hello, welcome], "browser", "door")
    assert picture.text.splitlines() == [
        "door → browser: 401 Unauthorized",
        "~ the line is cut ~",
        "browser → door: TEXT 'Hello'",
        "door → browser: TEXT 'Welcome!'",
    ]
    assert "~  the line is cut  ~" in texts(picture)


def test_a_sequence_of_nothing_has_two_lifelines():
    assert texts(draw.sequence([])) == ["client", "server"]
    with wsdemo.Wire("ws://127.0.0.1:1") as wire:
        assert texts(draw.sequence(wire)) == ["client", "server"]


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


def test_only_plots_need_matplotlib():
    program = """
import sys
from wsdemo import draw
draw.hexdump(b"Hello")
print("matplotlib" in sys.modules)
import matplotlib
matplotlib.use("agg")
from matplotlib import rcParams
before = dict(rcParams)
axes = draw.axes(3, 1)
print(type(axes).__name__, axes.figure.get_size_inches().tolist(), dict(rcParams) == before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["False", "Axes [3.0, 1.0] True"]


PLOT = """
from wsdemo import draw
axes = draw.axes(3, 1)
axes.plot([1, 2])
draw.show(axes, "It rises: 1 < 2.")
print("below")
"""
IMAGE = re.compile(r'<img style="max-width:100%" src="data:image/png;base64,(.*)" alt="(.*)">')


@pytest.mark.parametrize("backend", [None, "Agg", "TkAgg"])
def test_a_notebook_shows_a_plot_and_its_words(backend):
    nbformat, nbclient = map(pytest.importorskip, ("nbformat", "nbclient"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PLOT)])
    environment = {name: text for name, text in os.environ.items() if name != "MPLBACKEND"}
    environment |= {"MPLBACKEND": backend} if backend else {}
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute(env=environment)
    shown, printed = notebook.cells[0].outputs
    assert printed["text"] == "below\n"
    assert shown["data"]["text/plain"] == "It rises: 1 < 2."
    data, alternative = IMAGE.fullmatch(shown["data"]["text/html"]).groups()
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert alternative == "It rises: 1 &lt; 2."


TELL = """
import sys
class Tell:
    def find_spec(name, path=None, target=None):
        if name == "matplotlib.figure":
            print("matplotlib is being imported", flush=True)
sys.meta_path.insert(0, Tell)
from wsdemo import draw
"""


def test_matplotlib_is_imported_while_a_person_reads():
    """The kernel shows its cells to somebody, as in JupyterLab, and says that the import began."""
    manager = pytest.importorskip("jupyter_client.manager")
    kernel, client = manager.start_new_kernel()
    try:
        content = {"code": TELL, "silent": False, "store_history": True}
        message = client.session.msg("execute_request", content, metadata={"cellId": "a"})
        client.shell_channel.send(message)
        told = []
        while "matplotlib is being imported\n" not in told:
            told.append(client.get_iopub_msg(timeout=20)["content"].get("text"))
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def test_a_terminal_shows_the_words_of_a_plot(capsys):
    draw.show(draw.axes(3, 1), "Nothing yet.")
    draw.show(b"\x89PNG", "Four bytes.")
    assert capsys.readouterr().out == "Nothing yet.\nFour bytes.\n"


@pytest.mark.parametrize("text", ["", " \n"])
def test_no_plot_is_shown_without_words(text):
    with pytest.raises(ValueError, match="a text that says what it shows"):
        draw.show(b"\x89PNG", text)


def test_the_words_in_a_plot_are_readable_on_white_and_on_dark():
    """As readable as one grey can be on both: 4.5 to 1 on white leaves 4.2 on the dark page."""

    def light(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(map(operator.mul, (0.2126, 0.7152, 0.0722), linear)) + 0.05

    [colour] = {label.get_color() for label in draw.axes(3, 1).get_xticklabels()}
    assert colour == draw.LABELS
    assert 1.05 / light(colour) > 4.3
    assert light(colour) / light("#111111") > 4.3


def test_a_box_has_its_text_in_the_middle_whatever_it_is():
    picture = draw.Picture(100, 50, [draw.box(10, 10, 80, 30, draw.DATA, "a < b")], "a box")
    assert texts(picture) == ["a < b"]
    assert 'x="50" y="30" text-anchor="middle"' in picture.svg
    assert texts(draw.Picture(100, 50, [draw.box(10, 10, 80, 30, draw.DATA)], "a box")) == []
