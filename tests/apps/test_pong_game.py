"""The rules of Pong, without a network."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsdemo.apps.pong_game import HEIGHT, MARGIN, PADDLE, WIDTH, Game


def played(seed, seconds=30, moves=()):
    game = Game(seed)
    for player in ("ana", "bob"):
        game.take(player)
    states = []
    for number in range(int(seconds * 50)):
        for player, height in moves[number : number + 1]:
            game.move(player, height)
        game.step(1 / 50)
        states.append(game.state())
    return states


def test_the_same_seed_and_moves_make_the_same_game():
    chance = random.Random(1)
    moves = [(chance.choice(["ana", "bob"]), chance.uniform(0, HEIGHT)) for _ in range(1500)]
    assert played(7, moves=moves) == played(7, moves=moves)
    assert played(7, moves=moves) != played(8, moves=moves)
    assert played(7, moves=moves) != played(7)


@given(
    st.integers(),
    st.lists(st.tuples(st.sampled_from(["ana", "bob", "eve"]), st.floats(-1e9, 1e9)), max_size=50),
    st.lists(st.floats(0, 0.5), max_size=30),
)
def test_nothing_leaves_the_field_and_no_point_is_taken_back(seed, moves, steps):
    game, before = Game(seed), 0
    game.take("ana")
    for step in steps:
        for player, height in moves:
            game.move(player, height)
        game.step(step)
        x, y = game.ball
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
        assert all(PADDLE / 2 <= each <= HEIGHT - PADDLE / 2 for each in game.paddles.values())
        assert sum(game.score.values()) >= before
        before = sum(game.score.values())


def test_one_long_step_is_many_short_ones():
    whole, pieces = Game(3), Game(3)
    whole.step(2)
    for _ in range(120):
        pieces.step(1 / 60)
    assert whole.score == pieces.score
    assert whole.ball == pytest.approx(pieces.ball, abs=1)


def test_who_stands_in_its_way_turns_the_ball_and_who_does_not_loses_a_point():
    for stands in (True, False):
        game = Game(5)
        game.take("ana", "left")
        game.take("bob", "right")
        while not sum(game.score.values()) and 2 * MARGIN < game.ball[0] < WIDTH - 2 * MARGIN:
            game.step(0.01)
        side = "left" if game.ball[0] < WIDTH / 2 else "right"
        player = game.players[side]
        game.move(player, game.ball[1] if stands else HEIGHT - game.ball[1])
        game.step(0.5)
        assert sum(game.score.values()) == (0 if stands else 1)
        assert game.score[side] == 0


def test_bots_rally_and_miss():
    game = Game(11)
    turns, last = 0, None
    for _ in range(50 * 120):
        x = game.ball[0]
        game.step(1 / 50)
        direction = game.ball[0] > x
        turns += direction != last
        last = direction
    assert turns > 2 * sum(game.score.values()) > 0


def test_sides_are_taken_and_left():
    game = Game(1)
    assert [game.take(each) for each in ("ana", "ana", "bob", "eve")] == [
        "left",
        "left",
        "right",
        None,
    ]
    game.leave("eve")
    game.leave("ana")
    assert game.players == {"left": None, "right": "bob"}
    assert game.take("eve", "right") is None
    assert game.take("eve", "left") == "left"
    game.move("ana", 10)
    assert game.paddles["left"] == HEIGHT / 2
