"""Each end of a connection comes with the accounts of both sides, and guesses are compared."""

import asyncio

import pytest
from websockets.asyncio.client import connect

import wsdemo
from wsdemo.scenes.endings import CALM, Ends, account_of

PROGRAM = """
import sys
from websockets.sync.client import connect
with connect(sys.argv[1]) as client:
    client.recv(timeout=60)
"""


async def returns(connection):
    pass


async def close(scene):
    await scene.client.close(4000)


async def cut(scene):
    scene.wire.cut()


async def freeze(scene):
    scene.wire.freeze()


async def stop(scene):
    await asyncio.to_thread(scene.server.stop)


async def too_big(scene):
    await scene.client.send("x" * 1001)


async def kill(scene):
    scene.program.kill()


async def nothing(scene):
    pass


PINGS = {"ping_interval": 0.1, "ping_timeout": 0.1}
REFUSED = {"process_request": lambda connection, _: connection.respond(403, "no")}


def accounts_of(act, guess=(0, 0), **options):
    """Let a connection end, and return what was noted of it."""

    async def main():
        ends = Ends({"it": guess})
        async with ends.scene("it", **options) as scene:
            await act(scene)
        return ends

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("act", "options", "client", "server"),
    [
        (nothing, {"handler": returns}, "1000: got 1000, sent 1000", "1000: sent 1000, got 1000"),
        (close, {}, "4000: sent 4000, got 4000", "4000: got 4000, sent 4000"),
        (cut, {}, "1006: sent none, got none", "1006: sent none, got none"),
        (stop, {}, "1001: got 1001, sent 1001", "1001: sent 1001, got 1001"),
        (
            freeze,
            {"pings": PINGS, "patience": 0.3},
            "1006: sent 1011, got none",
            "nothing, still OPEN",
        ),
        (too_big, {"max_size": 1000}, "1009: got 1009, sent 1009", "1006: sent 1009, got none"),
        (nothing, REFUSED, "HTTP 403", "no handler ran"),
        (kill, {"program": PROGRAM}, "nobody left to ask", "1006: sent none, got none"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_both_sides_are_asked(act, options, client, server):
    ends = accounts_of(act, **options)
    assert [str(each) for each in ends.accounts["it"]] == [client, server]


def test_right_guesses_are_marked_and_counted(capsys):
    ends = accounts_of(cut, (1006, 1000))
    assert ends.correct == 1
    out = capsys.readouterr().out
    assert out == (
        "it                 client 1006: sent none, got none ✓ server 1006: sent none, got none\n"
    )


def test_to_see_no_code_can_be_guessed():
    assert accounts_of(nothing, (None, None), **REFUSED).correct == 2


def test_an_end_that_nobody_guessed_is_shown(capsys):
    async def main():
        ends = Ends({})
        async with ends.scene("it") as scene:
            await scene.client.close()
        ends.draw()
        assert ends.correct == 0

    asyncio.run(main())
    assert "it | 1000: sent 1000, got 1000 | 1000: got 1000, sent 1000" in capsys.readouterr().out


def test_a_fault_in_the_block_is_raised_and_nothing_runs_on():
    async def main():
        ends = Ends({})
        with pytest.raises(ZeroDivisionError):
            async with ends.scene("it") as scene:
                raise ZeroDivisionError
        assert not scene.server.running
        assert ends.accounts == {}

    asyncio.run(main())


def test_an_account_names_the_frames():
    async def main():
        with wsdemo.serve(returns) as server:
            async with connect(server.url, **CALM) as client:
                return await account_of(client)

    account = asyncio.run(main())
    assert (account.code, account.frames, account.kind) == (1000, (1000, 1000), "closed, no error")
