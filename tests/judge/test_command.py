"""The command ``wsdemo judge``, as people call it, also by mistake."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import pytest

from tests.judge.kit import REFERENCES, serving_source
from tests.judge.mutants import MUTANTS, SOURCE
from wsdemo import __main__ as wsdemo
from wsdemo.judge import command as judging
from wsdemo.judge.stages import STAGES

SERVER = [sys.executable, str(REFERENCES / "server.py")]
CLIENT = [sys.executable, str(REFERENCES / "client.py")]


@pytest.fixture
def call(capsys):
    """Call the command; return its exit status, and what it printed."""

    def run(*words):
        try:
            status = wsdemo.main(["judge", *words])
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def broken(name):
    [found] = [each for each in MUTANTS if each.name == name]
    return found.source


def test_a_right_server_that_runs(call):
    with serving_source(SOURCE) as address:
        status, out, err = call(f"ws://127.0.0.1:{address.port}", "--stage", "3")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        " 3  one text frame              ✓ 9 cases",
        "",
        "✓ 9 of 9 cases passed",
    ]


def test_a_program_is_started_told_its_port_and_ended(call):
    status, out, err = call("--stage", "1", "--", *SERVER)
    assert (status, err) == (0, "")
    assert "✓ 13 of 13 cases passed" in out


def test_a_client_is_told_the_address(call):
    status, out, _ = call("--client", "--stage", "15", "--all", "--", *CLIENT)
    assert status == 0, out


def test_it_stops_at_the_first_failure_and_shows_all_of_it(call):
    with serving_source(broken("sends empty Pongs")) as address:
        status, out, err = call(f"ws://127.0.0.1:{address.port}")
    assert (status, err) == (1, "")
    assert [line[:2] for line in out.splitlines()[:7]] == [" 1", " 2", " 3", " 4", " 5", " 6", " 7"]
    assert out.partition("\n\n")[2] == (
        "✗ 7.2 A Pong has the payload of its Ping.\n"
        "    RFC 6455, section 5.5.3\n\n"
        "  The conversation:\n"
        "    judge → server: GET /  (upgrade)\n"
        "    server → judge: 101 Switching Protocols\n"
        "    judge → server: PING 'are you there?'\n"
        "    server → judge: PONG\n\n"
        "  The judge's last frame, 20 bytes: "
        "89 8e 37 fa 21 3d 56 88 44 1d 4e 95 54 1d 43 92 44 4f 52 c5\n"
        "    FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 1001 (PING), MASK 1, length 0001110 (14); "
        "mask 37 fa 21 3d; payload 56 88 44 1d 4e 95 54 1d 43 92 44 4f …\n\n"
        "  The frame that came, 2 bytes: 8a 00\n"
        "    FIN 1, RSV1 0, RSV2 0, RSV3 0, opcode 1010 (PONG), MASK 0, length 0000000 (0)\n\n"
        "  expected  PONG 'are you there?'\n"
        "  received  PONG\n"
        "  hint      A Pong has the payload of the Ping that it answers, and its opcode is 10.\n\n"
        "✗ 80 of 81 cases passed; stages 8 to 14 are not tried yet\n"
    )


def test_a_wrong_accept_value_shows_the_handshakes(call):
    with serving_source(broken("has a typing error in the GUID")) as address:
        status, out, _ = call(f"ws://127.0.0.1:{address.port}", "--stage", "2")
    assert status == 1
    assert "\n    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n" in out
    assert "expected  the header Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n" in out


def test_all_goes_on_and_names_each_failure(call):
    with serving_source(broken("looks at RSV1 only")) as address:
        status, out, _ = call(f"ws://127.0.0.1:{address.port}", "--stage", "10", "--all")
    assert status == 1
    assert "✗ 10.2, 10.3, 10.5, 10.6\n" in out
    assert "✗ 13 of 17 cases passed" in out


def test_a_dot_a_second_shows_that_it_waits(call, monkeypatch):
    monkeypatch.setattr(judging, "QUIET", 0.2)
    with serving_source(broken("does not answer what is empty")) as address:
        url = f"ws://127.0.0.1:{address.port}"
        _, out, _ = call(url, "--stage", "3", "--patience", "0.4")
    assert re.match(r" 3  one text frame +\.✗ 3\.2\n", out)


def test_the_list(call):
    status, out, _ = call("--list")
    assert status == 0
    for stage in STAGES:
        assert f"{stage.number:>2}  {stage.title}: {len(stage.cases)} cases\n" in out
    _, out, _ = call("--list", "--stage", "16")
    assert "16.5   Each frame has a new mask. (§5.3)" in out
    _, out, _ = call("--list", "--client")
    assert out.startswith("15  ")
    assert call("--list", "--stage", "0")[0] == 2


def test_help_says_what_a_program_must_do(call):
    status, out, _ = call("--help")
    assert status == 0
    for word in ("PORT", "WS_URL", "echo", "1 MiB", "--stage N", "--all", "--list", "--client"):
        assert word in out
    assert "Exit status: 0" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give the address of your server, or a program after --"),
        (["--"], "name a program after --"),
        (["node", "server.js"], "write -- before the program: wsdemo judge -- node server.js"),
        ([sys.executable], "write -- before the program"),
        (["ws://127.0.0.1:1", "--", "x"], "give an address, or a program after --, not both"),
        (["--stage", "x", "ws://127.0.0.1:1"], "invalid int value: 'x'"),
        (["--stage", "15", "ws://127.0.0.1:1"], "the stages of a server are 1 to 14, not 15"),
        (["--client", "ws://127.0.0.1:1"], "a client has no address: name its program after --"),
        (["--patience", "0", "ws://127.0.0.1:1"], "--patience is a number of seconds, more than 0"),
        (["--patience", "nan", "ws://127.0.0.1:1"], "--patience is a number of seconds"),
        (["wss://127.0.0.1:1"], "write ws:// instead of wss://"),
        (["http://127.0.0.1:1"], "begins with http: write ws:// instead"),
        (["127.0.0.1:8000"], "is not an address: write it as ws://127.0.0.1:8000"),
        (["ws://127.0.0.1:x"], "is not an address"),
        (["ws://127.0.0.1:70000"], "is not an address"),
        (["ws://"], "is not an address"),
        (["ws://[::1"], "is not an address"),
        (["ws://127.0.0.1:1/ü"], "only ASCII may be in the path"),
        (["ws://127.0.0.1:1"], "nothing listens on 127.0.0.1:1 (connection refused). Start your "),
        (["--", "no-such-program-here"], "there is no program 'no-such-program-here' here"),
        (["--autobahn", "--client", "--", sys.executable], "--autobahn is for servers"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_a_sentence(call, words, told):
    status, _, err = call(*words)
    assert status == 2
    assert told in err
    assert "Traceback" not in err


def test_a_program_that_ends_at_once_shows_its_last_lines(call):
    code = "print('first'); raise ValueError('no port')"
    status, _, err = call("--", sys.executable, "-c", code)
    assert status == 2
    assert "ended at its start:\nfirst\n" in err
    assert "ValueError: no port\nA server that the judge starts must listen on 127.0.0.1 " in err


def test_a_client_that_ends_at_once_shows_its_last_lines(call):
    code = "print('too tired'); raise SystemExit(3)"
    status, out, _ = call("--client", "--", sys.executable, "-c", code)
    assert status == 1
    assert "received  the program ended with the exit status 3\n" in out
    assert "  the program printed:\n  too tired\n" in out


def test_a_server_that_ends_in_a_case_is_named_and_started_again(call, tmp_path):
    """A fault in one connection ends the whole program, as an error that nobody catches may."""
    file = tmp_path / "server.py"
    crash = 'print("crashed", flush=True), os._exit(7)'
    file.write_text(SOURCE.replace('raise Failed(1002, "reserved opcode")', crash))
    status, out, _ = call("--stage", "10", "--", sys.executable, str(file))
    assert status == 1
    assert "✗ 10.7 A frame with the reserved opcode 3 ends the connection.\n" in out
    assert "expected  a program that goes on for the next client\n" in out
    assert "received  it ended with the exit status 7\n" in out


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_the_judge_and_the_program():
    code = (
        "import os, socket, threading\n"
        "listener = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
        "threading.Event().wait()\n"
    )
    command = [sys.executable, "-m", "wsdemo", "judge", "--", sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as judge:
        assert judge.stdout.read(10).startswith(b" 1")  # it is at work
        judge.send_signal(signal.SIGINT)
        _, err = judge.communicate(timeout=20)
    assert judge.returncode == 130, err
    assert err.strip() == b"stopped"


FAKE = """\
import json, pathlib, sys
words = sys.argv[1:]
if "-s" in words:
    spec = json.loads(pathlib.Path(words[words.index("-s") + 1]).read_text())
    folder, excluded = spec["outdir"], spec["exclude-cases"]
    assert spec["servers"][0]["url"].startswith("ws://127.0.0.1:")
else:
    folder = words[words.index("-o") + 1]
    excluded = [words[place + 1] for place, word in enumerate(words) if word == "-x"]
    assert words[-1].startswith("ws://127.0.0.1:")
assert excluded == ["9.*", "12.*", "13.*"]
cases = {"1.1.1": {"behavior": "OK"}, "6.4.3": {"behavior": "NON-STRICT"}, "2.1": BAD}
pathlib.Path(folder, "index.json").write_text(json.dumps({"agent": cases}))
"""


@pytest.mark.skipif(os.name != "posix", reason="a script with #! is a program on POSIX only")
@pytest.mark.parametrize("program", ["kosoku", "wstest"])
@pytest.mark.parametrize("behavior", ["FAILED", "OK"])
def test_the_cases_of_autobahn(call, tmp_path, monkeypatch, program, behavior):
    """A stand-in writes the report that such a program writes."""
    file = pathlib.Path(tmp_path, program)
    file.write_text(f"#!{sys.executable}\n" + FAKE.replace("BAD", f'{{"behavior": "{behavior}"}}'))
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with serving_source(SOURCE) as address:
        status, out, _ = call("--autobahn", f"ws://127.0.0.1:{address.port}")
    if behavior == "OK":
        assert (status, out.splitlines()[-1]) == (0, "✓ 3 of 3 cases passed")
    else:
        assert (status, out.splitlines()[-2:]) == (
            1,
            ["✗ Autobahn's case 2.1", "✗ 2 of 3 cases passed"],
        )


def test_without_a_program_for_autobahn_it_says_which_to_install(call, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with serving_source(SOURCE) as address:
        status, _, err = call("--autobahn", f"ws://127.0.0.1:{address.port}")
    assert status == 2
    assert "neither kosoku nor wstest is installed here. Try: pip install kosoku" in err


def test_it_leaves_no_thread(call):
    before = threading.active_count()
    with serving_source(SOURCE) as address:
        call(f"ws://127.0.0.1:{address.port}", "--stage", "1")
    assert threading.active_count() == before
