"""The learner's programs: where they are, that none is lost, and what a check says of each."""

import os
import pathlib
import subprocess
import sys

import pytest

import wsdemo
from wsdemo import scratch
from wsdemo.scratch.growing import grow

WORKED = "Yours is kept as server-1.py."


def test_a_program_is_begun_once(copy):
    own = scratch.begin("server.py")
    assert repr(own) == "from_scratch/server.py is your program"
    assert 'href="from_scratch/server.py"' in own._repr_html_()
    assert not own.is_begun
    own.file.write_text("mine")
    assert scratch.begin("server.py").file.read_text() == "mine"
    assert scratch.begin("from_scratch/server.py").is_begun
    assert own.file == copy / "from_scratch" / "server.py"


def test_taking_a_worked_program_keeps_the_learners(copy, capsys):
    own = scratch.begin("server.py").file
    scratch.take(2)
    assert "Yours" not in capsys.readouterr().out  # there was nothing of theirs
    own.write_text(own.read_text() + "# mine\n")
    scratch.take(3)
    assert capsys.readouterr().out == (
        f"from_scratch/server.py is now the worked program after stage 3. {WORKED}\n"
    )
    own.write_text("mine")
    scratch.take(0)
    assert sorted(each.name for each in own.parent.iterdir()) == [
        "server-1.py",
        "server-2.py",
        "server.py",
    ]
    assert (copy / "from_scratch/server-1.py").read_text().endswith("# mine\n")
    assert not scratch.begin("server.py").is_begun


def test_a_stage_of_a_client_takes_both_programs(copy):
    scratch.take(15)
    assert "from server import" in (copy / "from_scratch/client.py").read_text()
    assert "is_client" in (copy / "from_scratch/server.py").read_text()
    with pytest.raises(ValueError, match="the stages are 1 to 16, not 17"):
        scratch.take(17)


def test_without_a_copy_nothing_is_left_behind(tmp_path):
    """As in CI, and for everybody who opens the published notebook itself."""
    program = "from wsdemo import scratch; own = scratch.begin('server.py')\n"
    program += "print(own.file); print(own)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(pathlib.Path(wsdemo.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    file, _, told = done.stdout.partition("\n")
    assert not pathlib.Path(file).exists()
    assert "is in a temporary folder" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "state", "told"),
    [
        ("server.py", "not yet", "from_scratch/server.py is as it was given to you. Open it, "),
        (None, "not yet", "replace None"),
        (3, "not yet", 'the name of your program, such as "server.py"'),
        ([], "not yet", "a list with the words that start it"),
        ("rust.py", "look again", "there is no file from_scratch/rust.py. Create it, or begin"),
        ("server.rs", "look again", "Write a list with the words that start it"),
        (["no-such-program"], "look again", "there is no program 'no-such-program' here"),
        ("wss://127.0.0.1:1/", "look again", "Start your server without TLS"),
        ("ws://127.0.0.1:1/", "look again", "nothing listens on 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_judged_is_told(copy, answer, state, told):
    verdict = wsdemo.check("21.1", answer)
    assert (verdict.state, told in verdict.text) == (state, True), verdict


def test_a_program_with_a_typing_error_is_told_with_its_line(copy):
    own = scratch.begin("server.py").file
    own.write_text("asyncio.run(main(\n")
    verdict = wsdemo.check("21.1", "server.py")
    assert verdict.text.endswith("server.py ended at its start")
    assert "SyntaxError" in repr(verdict)
    assert "<pre>" in verdict._repr_html_()
    again = wsdemo.check("21.1", "server.py")
    assert "has not changed since the last check: save it" in again.text
    own.write_text("asyncio.run(main()\n")
    assert "has not changed" not in wsdemo.check("21.1", "server.py").text


def test_what_the_program_raised_is_shown_and_only_that_of_the_case_that_failed(copy):
    own = scratch.begin("server.py").file
    text = scratch.program_after(2).replace("print(f", "print('at its start'); print(f")
    own.write_text(text.replace("+ GUID).encode()", "+ GUID)"))
    verdict = wsdemo.check("21.2", "server.py")
    assert "return base64.b64encode(hashlib.sha1((key + GUID)).digest())" in repr(verdict)
    assert "TypeError: Strings must be encoded before hashing" in verdict._repr_html_()
    assert "at its start" not in repr(verdict)


def test_a_verdict_shows_the_bytes_the_section_and_the_hint(copy):
    scratch.take(2)
    own = scratch.begin("server.py").file
    echo = scratch.part(3).replace("0b10000000 | opcode", "0b10000010")
    own.write_text(grow(own.read_text(), echo))
    verdict = wsdemo.check("21.3", "server.py")
    assert verdict.text == "0 of 9 cases passed, and then this one failed"
    for part in ("section 5.6", "opcode 0010 (BINARY)", "expected  TEXT 'Hello'", "hint "):
        assert part in repr(verdict)
    assert "<img" in verdict._repr_html_()


def test_an_earlier_stage_comes_first(copy):
    scratch.take(1)
    verdict = wsdemo.check("21.4", "server.py")
    assert verdict.text.startswith("stage 2 comes first: 0 of 10 cases passed")
    assert "of 1 cases" not in repr(verdict) + verdict._repr_html_()


def test_the_hints_are_those_of_the_stage_that_failed(copy):
    scratch.take(1)
    verdicts = [wsdemo.check("21.4", "server.py") for _ in range(3)]
    titles = [[note.title for note in each.notes] for each in verdicts]
    assert titles[0] == ["21.2 · Hint 1 of 2"]
    assert titles[2] == ["21.2 · Hint 1 of 2", "21.2 · Hint 2 of 2", "21.2 · A worked answer"]
    assert "def accept(key)" in verdicts[2].notes[-1].code
    assert wsdemo.progress().tried == {"21.2"}


@pytest.mark.parametrize(
    "source", ["import no_such_module\n", "asyncio.run(main(\n", "raise SystemExit(1)\n"]
)
@pytest.mark.parametrize("name", ["server.py", "client.py"])
def test_a_program_that_does_not_start_uses_no_hint(copy, name, source):
    scratch.begin(name).file.write_text(source)
    verdicts = [wsdemo.check("21.15" if name == "client.py" else "21.1", name) for _ in range(4)]
    assert [(each.state, each.notes) for each in verdicts] == [("look again", ())] * 4


@pytest.mark.parametrize("answer", ["rust.py", "ws://127.0.0.1:1/", "server.py", 3])
def test_what_cannot_be_judged_uses_no_hint(copy, answer):
    assert [wsdemo.check("21.1", answer).notes for _ in range(3)] == [(), (), ()]
    assert wsdemo.progress().tried == frozenset()


def test_the_worked_answer_is_offered_after_the_hints(copy):
    scratch.take(1)
    titles = [[note.title for note in wsdemo.check("21.2", "server.py").notes] for _ in range(3)]
    assert titles[1] == ["Hint 1 of 2", "Hint 2 of 2"]
    assert titles[2] == ["Hint 1 of 2", "Hint 2 of 2", "A worked answer"]
    assert not wsdemo.check("21.2", "server.py").notes[-1].open
    scratch.take(2)
    assert wsdemo.check("21.2", "server.py").state == "right"
    assert wsdemo.progress().solved == {"21.2"}


def test_how_far_a_program_is(copy, capsys):
    nothing = scratch.standing("server.py")
    assert repr(nothing) == "no stage passes yet; next: stage 1, the request"
    scratch.take(5)
    assert repr(scratch.standing("server.py")) == "✓ up to 5; next: stage 6, close"
    with scratch.run("server.py") as program:
        assert wsdemo.check("21.7", program.url).state == "right"
    assert "the worked server runs" in capsys.readouterr().out
    scratch.take(7)
    with scratch.run("server.py") as program:
        assert wsdemo.check("21.8", program.url).state == "look again"
    assert "your own server runs: it passes the stages up to 7" in capsys.readouterr().out
    scratch.take(16)
    assert repr(scratch.standing("server.py")) == "✓ all stages up to 14 pass"
    scratch.begin("server.py").file.write_text("oh no\n")
    assert scratch.standing("server.py").passed == 0
    assert "SyntaxError" in capsys.readouterr().out


@pytest.mark.node
def test_the_first_program_in_javascript_listens(copy, require_node):
    assert "as it was given" in wsdemo.check("21.1", "server.mjs").text
    own = scratch.begin("server.mjs").file
    own.write_text(own.read_text() + "// mine")
    assert scratch.command_for("server.mjs") == ["node", str(own)]
    verdict = wsdemo.check("21.1", [require_node, str(own)])
    assert verdict.shown.failures[0].failure.received.endswith("without a response")
