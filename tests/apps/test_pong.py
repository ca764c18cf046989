"""Pong: its server, its referee over MQTT, and a bystander who must notice nothing."""

import asyncio
import json
from urllib.parse import urlsplit

import aiomqtt
import pytest
from websockets.sync.client import connect

import wsdemo
from wsdemo.apps import pong
from wsdemo.apps.pong_game import HEIGHT, PADDLE, SIDES, WIDTH, Game
from wsdemo.server.limits import Limits

pytestmark = pytest.mark.usefixtures("nothing_left_running")


# Over WebSocket


@pytest.fixture(scope="module")
def server():
    with pong.serve(steps=100, seed=4, name="pong under test", close_timeout=0.3) as server:
        yield server


def hear(client):
    return json.loads(client.recv(timeout=5))


def until(client, wanted):
    """The first state that is as wanted."""
    for _ in range(500):
        heard = hear(client)
        if "ball" in heard and wanted(heard):
            return heard
    raise AssertionError(f"it never came; the last was {heard}")


def test_two_play_and_each_sees_the_others_paddle(server):
    with connect(server.url) as ana, connect(server.url) as bob:
        one, two = hear(ana)["you"], hear(bob)["you"]
        both = {"left": one, "right": two}
        ana.send('{"y": 10}')
        assert until(bob, lambda state: state["paddles"]["left"] == 10)["players"] == both
        bob.send('{"y": 1e9}')
        until(ana, lambda state: state["paddles"]["right"] == HEIGHT - PADDLE / 2)


def test_a_bot_plays_where_nobody_does_and_one_who_waits_takes_over(server):
    with connect(server.url) as ana:
        you = hear(ana)["you"]
        until(ana, lambda state: state["players"] == {"left": you, "right": None})
        ana.send('{"y": 20}')
        until(ana, lambda state: state["paddles"]["right"] != HEIGHT / 2)
        with connect(server.url) as bob, connect(server.url) as eve:
            names = [you, hear(bob)["you"], hear(eve)["you"]]
            until(eve, lambda state: list(state["players"].values()) == names[:2])
            bob.close()
            until(eve, lambda state: state["players"] == {"left": you, "right": names[2]})


def test_the_first_move_begins_the_game(server):
    """A person needs time to find the keys; the bot must not lead 7 to 0 by then."""
    with connect(server.url) as ana:
        hear(ana)
        for _ in range(200):  # 2 s, and the ball is served after 0.8 s
            assert (seen := hear(ana))["ball"] == [WIDTH / 2, HEIGHT / 2]
            assert seen["paddles"] == dict.fromkeys(SIDES, HEIGHT / 2)
        ana.send('{"y": 20}')
        until(ana, lambda state: state["ball"][0] != WIDTH / 2)


def test_it_rests_while_nobody_is_there_and_begins_anew(server):
    with connect(server.url) as ana:
        ana.send('{"y": 20}')
        until(ana, lambda state: state["ball"][0] != WIDTH / 2)
    with connect(server.url) as ana:
        hear(ana)
        first = hear(ana)
        assert first["score"] == dict.fromkeys(SIDES, 0)
        assert first["ball"] == [WIDTH / 2, HEIGHT / 2]


RUDE = [
    "hello",
    b"\xff",
    "[" * 200,
    "[]",
    "{}",
    '{"y": null}',
    '{"y": true}',
    '{"y": "30"}',
    '{"y": NaN}',
    '{"y": Infinity}',
]


@pytest.mark.parametrize("said", RUDE)
def test_what_makes_no_sense_is_answered_and_a_bystander_notices_nothing(server, said):
    with connect(server.url) as bystander, connect(server.url) as rude:
        you = hear(bystander)["you"]
        rude.send(said)
        while "error" not in (heard := hear(rude)):
            pass
        assert '{"y": 30}' in heard["error"]
        bystander.send('{"y": 20}')
        until(bystander, lambda state: state["paddles"]["left"] == 20 and state["players"]["left"])
        assert until(bystander, lambda state: True)["players"]["left"] == you
        assert server.errors == []


@pytest.mark.parametrize("said", ['{"y": 1e999}', '{"y": -1e999}', f'{{"y": {"9" * 200}}}'])
def test_numbers_beyond_all_bounds_are_the_edge(server, said):
    with connect(server.url) as ana:
        ana.send(said)
        edge = PADDLE / 2 if "-" in said else HEIGHT - PADDLE / 2
        until(hear(ana) and ana, lambda state: state["paddles"]["left"] == edge)


def test_who_does_not_read_is_not_waited_for(server):
    with wsdemo.Wire(server.url) as wire, connect(wire.url, close_timeout=0.1) as frozen:
        hear(frozen)
        wire.freeze()
        with connect(server.url) as ana:
            hear(ana)
            for _ in range(100):
                hear(ana)
        wire.cut()


def test_a_flood_is_slowed_down():
    limits = Limits(rate=50, burst=1)
    with pong.serve(seed=1, limits=limits, name="flooded") as server, connect(server.url) as ana:
        for _ in range(20):
            ana.send("no JSON")
        errors = ticks = 0
        while errors < 20:
            errors += (heard := hear(ana)).keys() == {"error"}
            ticks += "ball" in heard
        assert ticks > 3


@pytest.mark.parametrize("steps", [0, -1, float("nan"), float("inf")])
def test_steps_that_mean_nothing(steps):
    with pytest.raises(ValueError, match="more than 0"):
        pong.serve(steps=steps)


def test_the_library_for_mqtt_is_served_where_it_is(server, get, monkeypatch, tmp_path):
    monkeypatch.setattr(pong, "npm_packages", lambda: tmp_path)
    with pong.serve(name="without") as without:
        assert get(without, "/mqtt.js")[0] == 404
    (tmp_path / pong.LIBRARY).parent.mkdir(parents=True)
    (tmp_path / pong.LIBRARY).write_text("export default 1;")
    with pong.serve(name="with") as served:
        status, headers, body = get(served, "/mqtt.js")
    assert (status, body) == (200, b"export default 1;")
    assert "javascript" in headers["Content-Type"]


# Over MQTT


async def with_referee(story):
    """Play a story with two clients of a real broker, while the referee is at work."""
    with wsdemo.broker("mqtt") as broker:
        address = urlsplit(broker.url)

        def player():
            return aiomqtt.Client(address.hostname, address.port)

        async with player() as chair, player() as ana, player() as bob:
            game = Game(2)
            work = asyncio.create_task(pong.referee(chair, game, steps=100))
            await asyncio.wait_for(story(game, ana, bob), 20)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work


def run(story):
    # Where Windows is, its own loop could not watch aiomqtt's socket.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(with_referee(story))


async def comes(client, wanted):
    async for message in client.messages:
        if wanted(json.loads(message.payload)):
            return


def test_two_play_by_topic():
    async def story(game, ana, bob):
        for client in (ana, bob):
            await client.subscribe("pong/state")
        await comes(ana, lambda state: state["players"] == dict.fromkeys(SIDES))
        await ana.publish("pong/paddle/left", '{"player": "ana", "y": 10}')
        await comes(bob, lambda state: state["paddles"]["left"] == 10)
        await bob.publish("pong/paddle/right", '{"player": "bob", "y": 50}')
        await comes(ana, lambda state: state["paddles"]["right"] == 50)
        assert game.players == {"left": "ana", "right": "bob"}
        await bob.publish("pong/paddle/left", '{"player": "bob", "y": 50}')
        await bob.publish("pong/gone", "bob")
        await comes(ana, lambda state: state["players"] == {"left": "ana", "right": None})
        assert game.paddles["left"] == 10

    run(story)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("pong/paddle/left", b"\xff"),
        ("pong/paddle/left", b'{"y": 30}'),
        ("pong/paddle/left", b'{"player": 7, "y": 30}'),
        ("pong/paddle/left", b'{"player": "", "y": 30}'),
        ("pong/paddle/left", b'{"player": "%s", "y": 30}' % (b"x" * 21)),
        ("pong/paddle/left", b'{"player": "eve", "y": null}'),
        ("pong/paddle/middle", b'{"player": "eve", "y": 30}'),
        ("pong/gone", b"\xff"),
        ("pong/gone", b"eve"),
    ],
)
def test_the_referee_passes_over_what_makes_no_sense(topic, payload):
    async def story(game, ana, bob):
        await ana.subscribe("pong/state")
        await comes(ana, lambda state: state)  # now the referee listens, too
        await ana.publish("pong/paddle/right", '{"player": "ana", "y": 10}', qos=1)
        await bob.publish(topic, payload, qos=1)
        await ana.publish("pong/paddle/right", '{"player": "ana", "y": 40}', qos=1)
        await comes(ana, lambda state: state["players"]["right"] == "ana")  # else it is the bot's
        await comes(ana, lambda state: state["paddles"]["right"] == 40)
        assert game.players == {"left": None, "right": "ana"}

    run(story)
