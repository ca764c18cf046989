"""Lesson 08's programs in JavaScript, and the source's own class, against servers that vanish."""

import contextlib
import itertools
import json
import queue
import subprocess
import threading
import time

import pytest

import wsdemo
from tests.interop.programs import FOLDER

PATIENCE = 10  # s

# The source's class is a file of its own, to the letter; its clock runs a thousand times as fast.
SOURCE = (FOLDER / "08_source.js").read_text("utf-8")
BEFORE = """
const WebSocket = require('ws');
const setTimeout = (callback, ms) => globalThis.setTimeout(callback, ms / 1000);
console.warn = console.log;
console.error = (what, event) => console.log(what, event.message);
"""
AFTER = """
const ws = new ReconnectingWebSocket(process.argv[1]);
ws.on('message', (event) => console.log('heard', event.data));
require('readline').createInterface(process.stdin).on('line', (line) => ws.send(line));
"""

# The mended class, with a program that says all it hears of.
MENDED = """
const { ReconnectingWebSocket } = await import('./08_reconnect.mjs');
const [url, options] = process.argv.slice(1);
const client = new ReconnectingWebSocket(url, JSON.parse(options));
for (const name of ['open', 'close', 'giveup']) {
  client.on(name, (event) => console.log(name, event.code ?? ''));
}
client.on('message', () => { throw new Error('a handler that fails'); });
client.on('message', (event) => console.log('heard', event.data));
const { createInterface } = await import('node:readline');
createInterface(process.stdin).on('line', (line) => {
  try {
    line.startsWith('/') ? client[line.slice(1)]() : client.send(line);
  } catch (error) {
    console.log(error.message);
  }
});
"""

pytestmark = pytest.mark.node


class Program:
    """A Node program that is read line by line, and written to."""

    def __init__(self, process):
        self.process = process
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(ValueError):  # the pipe was closed
            for line in self.process.stdout:
                self._lines.put(line.rstrip())

    def until(self, line):
        """Give what it says, up to a line that begins so."""
        seen, end = [], time.monotonic() + PATIENCE
        while not seen or not seen[-1].startswith(line):
            try:
                seen.append(self._lines.get(timeout=max(0, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {line!r} after {seen}") from None
        return seen

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@pytest.fixture
def run(require_node):
    """Start a Node program; it ends with the test."""
    with contextlib.ExitStack() as stack:

        def run(*arguments):
            command = [require_node, *map(str, arguments)]
            pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
            process = subprocess.Popen(
                command, cwd=FOLDER, text=True, stderr=subprocess.DEVNULL, **pipes
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Program(process)

        yield run


@pytest.fixture
def source(run):
    """Start the source's class."""
    return lambda url: run("-e", BEFORE + SOURCE + AFTER, url)


@pytest.fixture
def mended(run):
    """Start the mended class."""

    def mended(url, **options):
        options = {"base": 5, "cap": 20} | options
        return run("--input-type=module", "-e", MENDED, url, json.dumps(options))

    return mended


async def room(connection):
    async for message in connection:
        await connection.send(f"you said {message}")


def hang_up(server, code=1012):
    [connection] = server.connections
    server.run(connection.close(code))


async def overloaded(connection):
    await connection.close(1013)


def refuse(connection, request):
    return connection.respond(401, "")


# The source's class, fault by fault


def test_source_loses_its_handler(source):
    answered = queue.Queue()

    async def answer(connection):
        async for message in connection:
            await connection.send(f"you said {message}")
            answered.put(message)

    with wsdemo.serve(answer) as server:
        client = source(server.url)
        client.until("Connected")
        client.say("one")
        client.until("heard you said one")
        hang_up(server)
        client.until("Connected")
        client.say("two")
        assert [answered.get(timeout=PATIENCE) for _ in range(2)] == ["one", "two"]
        hang_up(server)
        assert client.until("Connected") == ["Reconnecting in 5000ms...", "Connected"]


def test_source_drops_what_it_cannot_send(source):
    heard = queue.Queue()

    async def note(connection):
        async for message in connection:
            heard.put(message)

    with wsdemo.serve(note) as server:
        port = server.port
        client = source(server.url)
        client.until("Connected")
    client.until("Reconnecting")
    client.say("one")
    client.until("WebSocket not open")
    with wsdemo.serve(note, port=port):
        client.until("Connected")
        client.say("two")
        assert heard.get(timeout=PATIENCE) == "two"


def test_source_never_takes_no_for_an_answer(source):
    with wsdemo.serve(room, process_request=refuse) as server:
        client = source(server.url)
        for _ in range(6):
            assert "401" in client.until("Reconnecting")[0]
        assert client.process.poll() is None


def test_source_gives_no_rest(source):
    with wsdemo.serve(overloaded) as server:
        client = source(server.url)
        for _ in range(5):
            assert client.until("Reconnecting") == ["Connected", "Reconnecting in 5000ms..."]


def test_source_waits_as_long_as_all_others(source):
    with wsdemo.serve(room) as server:
        pass
    clients = [source(server.url) for _ in range(2)]
    for client in clients:
        waits = [client.until("Reconnecting")[-1].split()[-1] for _ in range(5)]
        assert waits == ["5000ms...", "10000ms...", "20000ms...", "30000ms...", "30000ms..."]


# The class mended


def test_mended_keeps_its_handlers_and_its_messages(mended):
    with wsdemo.serve(room) as server:
        port = server.port
        client = mended(server.url)
        client.until("open")
        client.say("one")
        client.until("heard you said one")
    client.until("close 1001")
    client.say("two")
    client.say("three")
    client.until("close 1006")
    with wsdemo.serve(room, port=port):
        assert client.until("heard you said three")[-2:] == [
            "heard you said two",
            "heard you said three",
        ]
        client.say("/close")
        client.until("close 1000")
        client.say("four")
        client.until("this client is closed")


def test_mended_has_a_bound_for_its_queue(mended):
    with wsdemo.serve(room) as server:
        pass
    client = mended(server.url, queue=2, base=60_000, cap=60_000)
    client.until("close")
    for line in ("one", "two", "three"):
        client.say(line)
    client.until("the queue is full")


@pytest.mark.parametrize("fatal", [{}, {"fatal": [4401]}])
def test_mended_stops_at_a_fatal_code(mended, fatal):
    codes = iter([1011, 4401] if fatal else [1011, 1008])

    async def throws_out(connection):
        await connection.close(next(codes))

    with wsdemo.serve(throws_out) as server:
        client = mended(server.url, **fatal)
        last = 4401 if fatal else 1008
        seen = client.until("giveup")
    assert seen == ["open", "close 1011", "open", f"close {last}", f"giveup {last}"]


def test_mended_stops_when_it_is_refused(mended):
    visits, busy = itertools.count(), [503, 503]

    def busy_then_strict(connection, request):
        next(visits)
        return connection.respond(busy.pop() if busy else 401, "")

    with wsdemo.serve(room, process_request=busy_then_strict) as server:
        client = mended(server.url)
        assert client.until("giveup") == ["close 1006"] * 3 + ["giveup 1006"]
    assert next(visits) == 3


def test_mended_abandons_a_dead_line(mended):
    with wsdemo.serve(room) as server, wsdemo.Wire(server.url) as wire:
        client = mended(wire.url)
        client.until("open")
        wire.freeze()
        client.say("/abandon")
        client.until("close 1006")
        wire.thaw()
        client.until("open")
        client.say("one")
        client.until("heard you said one")


def test_mended_waits_longer_and_at_random(run):
    """With a clock and a chance of our own: what setTimeout and Math.random are asked."""
    program = """
    const { ReconnectingWebSocket } = await import('./08_reconnect.mjs');
    const later = globalThis.setTimeout;
    const waits = [];
    Math.random = () => 0.5;
    const [url, stable] = process.argv.slice(1);
    globalThis.setTimeout = (callback, ms, ...rest) => {
      if (!String(callback).includes('this.connect')) return later(callback, ms, ...rest);
      waits.push(ms);
      if (waits.length < 6) return later(callback, 0);
      console.log(JSON.stringify(waits));
      process.exit();
    };
    new ReconnectingWebSocket(url, { stable: Number(stable) });
    """
    with wsdemo.serve(overloaded) as server:
        lasting = run("--input-type=module", "-e", program, server.url, 10_000).until("[")
        assert json.loads(lasting[-1]) == [2500, 5000, 10_000, 15_000, 15_000, 15_000]
        at_once = run("--input-type=module", "-e", program, server.url, 0).until("[")
        assert json.loads(at_once[-1]) == [2500] * 6


# The client that resumes


def test_our_client_resumes_without_loss_or_duplicate(run):
    asked = queue.Queue()

    async def feed(connection):
        """Send from the last id on, so that it comes twice, and three more; then restart."""
        path = connection.request.path
        asked.put(path)
        since = int(path.partition("since=a-")[2] or 1)
        for number in range(since, since + 3):
            await connection.send(json.dumps({"id": f"a-{number}", "text": number}))
        await connection.close(1012 if since < 5 else 1008)

    with wsdemo.serve(feed) as server:
        client = run("08_reconnect_client.mjs", server.url, 5)
        seen = client.until("gave up")
        assert client.process.wait(PATIENCE) == 0
    assert [json.loads(line)["text"] for line in seen if line[0] == "{"] == [*range(1, 8)]
    assert [asked.get() for _ in range(3)] == ["/", "/?since=a-3", "/?since=a-5"]


def test_our_client_sends_what_it_was_given(run):
    async def answer(connection):
        async for message in connection:
            await connection.send(json.dumps({"answer": message}))

    with wsdemo.serve(answer) as server:
        client = run("08_reconnect_client.mjs", server.url, 5, "one", "two")
        assert client.until('{"answer":"two"}') == ["open", '{"answer":"one"}', '{"answer":"two"}']
