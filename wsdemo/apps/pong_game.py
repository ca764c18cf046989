"""The rules of Pong, which know neither clock nor network: what :mod:`wsdemo.apps.pong` plays."""

import math
import random
from typing import Any

__all__ = ["HEIGHT", "SIDES", "WIDTH", "Game"]

SIDES = ("left", "right")
WIDTH, HEIGHT = 100.0, 60.0
PADDLE = 12.0
MARGIN = 3.0
"""The distance of a paddle from the edge."""
SLOW, FAST = 45.0, 110.0
"""Speed of the ball at a serve, and at most; in units a second, like that of the bot."""
BOT = 38.0
PAUSE = 0.8
"""Seconds that the ball rests before a serve."""
LONGEST_STEP = 1 / 60
"""In a longer time a ball could pass a paddle unseen."""


class Game:
    """The field, the ball, two paddles, the score: a game that knows neither clock nor network.

    The field is 100 wide and 60 high; heights count from the top. A bot plays each side that has
    no player.

    Args:
        seed: where its serves and the bot's mistakes come from. The same seed and the same moves
            make the same game.

    Attributes:
        ball: where its middle is: (x, height).
        paddles: how high the middle of each side's paddle is.
        score: the points of each side.
        players: who plays each side; ``None`` for the bot.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._chance = random.Random(seed)
        self.paddles = dict.fromkeys(SIDES, HEIGHT / 2)
        self.score = dict.fromkeys(SIDES, 0)
        self.players: dict[str, str | None] = dict.fromkeys(SIDES)
        self._serve(self._chance.choice(SIDES))

    def take(self, player: str, side: str | None = None) -> str | None:
        """Give a player a side, unless they have one already.

        Args:
            player: the name of the player.
            side: the side that they want; unless given, the first that is free.

        Returns:
            Their side; ``None`` if others have what they want.
        """
        for each in SIDES:
            if self.players[each] == player:
                return each
        for each in SIDES if side is None else [side]:
            if self.players[each] is None:
                self.players[each] = player
                return each
        return None

    def leave(self, player: str) -> None:
        """Let the bot play on for a player, whether they had a side or not."""
        for side in SIDES:
            if self.players[side] == player:
                self.players[side] = None

    def move(self, player: str, height: float) -> None:
        """Put a player's paddle at a height, or as near as the field allows."""
        for side in SIDES:
            if self.players[side] == player:
                self._put(side, height)

    def step(self, seconds: float) -> None:
        """Let so much time pass."""
        while seconds > 0:
            self._step(min(seconds, LONGEST_STEP))
            seconds -= LONGEST_STEP

    def state(self) -> dict[str, Any]:
        """Return all that a page needs in order to draw the game, ready for JSON."""
        return {
            "ball": [round(place, 1) for place in self.ball],
            "paddles": {side: round(height, 1) for side, height in self.paddles.items()},
            "score": dict(self.score),
            "players": dict(self.players),
        }

    def _put(self, side: str, height: float) -> None:
        self.paddles[side] = min(max(height, PADDLE / 2), HEIGHT - PADDLE / 2)

    def _serve(self, to: str) -> None:
        self.ball = (WIDTH / 2, HEIGHT / 2)
        self._rest = PAUSE
        angle = self._chance.uniform(-0.6, 0.6)
        self._velocity = (
            math.copysign(SLOW * math.cos(angle), _toward(to)),
            SLOW * math.sin(angle),
        )
        self._misjudge()

    def _misjudge(self) -> None:
        """Decide by how much the bot will be wrong this time: it is no fun to play a wall."""
        self._mistake = self._chance.uniform(-0.65, 0.65) * PADDLE

    def _step(self, seconds: float) -> None:
        for side in SIDES:
            if self.players[side] is None:
                self._play(side, BOT * seconds)
        self._rest -= seconds
        if self._rest > 0:
            return
        (x, y), (vx, vy) = self.ball, self._velocity
        side = "left" if vx < 0 else "right"
        plane = MARGIN if side == "left" else WIDTH - MARGIN
        y, vy = _reflected(y + vy * seconds, vy)
        before, x = x, x + vx * seconds
        self.ball, self._velocity = (x, y), (vx, vy)
        if min(before, x) <= plane <= max(before, x):
            self._meet(side, plane)
        elif not 0 < x < WIDTH:
            winner = "right" if side == "left" else "left"
            self.score[winner] += 1
            self._serve(side)

    def _meet(self, side: str, plane: float) -> None:
        """Return the ball if the paddle is there; far from its middle, it comes back steeply."""
        (x, y), speed = self.ball, math.hypot(*self._velocity)
        off = (y - self.paddles[side]) / (PADDLE / 2 + 1)  # the ball is 2 thick
        if abs(off) > 1:
            return
        speed, angle = min(speed * 1.06, FAST), off * 0.9
        self.ball = (2 * plane - x, y)
        self._velocity = (-_toward(side) * speed * math.cos(angle), speed * math.sin(angle))
        self._misjudge()

    def _play(self, side: str, reach: float) -> None:
        """Move the bot's paddle towards where it believes the ball to be."""
        coming = self._velocity[0] * _toward(side) > 0
        goal = self.ball[1] + self._mistake if coming else HEIGHT / 2
        way = goal - self.paddles[side]
        self._put(side, self.paddles[side] + math.copysign(min(abs(way), reach), way))


def _toward(side: str) -> int:
    return -1 if side == "left" else 1


def _reflected(y: float, vy: float) -> tuple[float, float]:
    """Return a height, and the speed there, after the walls at the top and at the bottom."""
    if y < 0:
        return -y, -vy
    if y > HEIGHT:
        return 2 * HEIGHT - y, -vy
    return y, vy
