"""Pictures of a conversation, and plots."""

import base64
import operator
import os
import re
import subprocess
import sys

import pytest
from websockets.sync.client import connect

import wsdemo
import wsdemo.apps.echo
from tests.test_draw import texts
from wsdemo import draw
from wsdemo.frames import Handshake


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
