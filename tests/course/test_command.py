"""The commands on the learner's copy, as a person types them."""

import pytest

from tests.course.kit import CHAT, edit
from wsdemo import __main__ as command


@pytest.fixture
def run(clone, capsys):
    """Run a command; return its exit status, what it printed and what it complained about."""

    def run(*words):
        capsys.readouterr()
        status = command.main(list(words))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_update_makes_and_updates_a_copy(run, lessons, copy):
    assert run("update") == (0, f"This is your own copy of the lessons, new: {copy}\n", "")
    assert run("update") == (0, f"Your copy of the lessons is up to date: {copy}\n", "")
    edit(copy / CHAT, "pass", "return 1")
    edit(lessons / CHAT, "pass", "return 2")
    status, out, err = run("update")
    assert (status, err) == (0, "")
    first, second = out.splitlines()
    assert first == f"Updated your copy of the lessons, {copy}: {CHAT}."
    assert second.startswith(f"  {CHAT}: you and the course have both changed exercise 03.1.")


def test_update_takes_another_place(run, tmp_path, monkeypatch):
    assert run("update", "mine")[1] == (
        f"This is your own copy of the lessons, new: {tmp_path / 'mine'}\n"
    )


def test_update_fails_where_a_file_could_not_be_updated(run, copy):
    run("update")
    (copy / CHAT).write_text("{")
    status, out, _ = run("update")
    assert status == 1
    assert out.startswith(f"Your copy of the lessons, {copy}, could not be updated as a whole.\n")


def test_reset_says_where_the_old_one_is(run, copy):
    run("update")
    edit(copy / CHAT, "pass", "return 1")
    told = f"{copy / CHAT} starts again. The old one is kept: 03_chat.old.ipynb\n"
    assert run("reset", "03") == (0, told, "")


def test_solutions_names_each_of_several_files(run, lessons, copy):
    run("update")
    (lessons / "solutions/03_chat").mkdir()
    (lessons / "solutions/03_chat/server.py").write_text("serve")
    names = ("03_chat.py", "03_chat/server.py")
    told = "".join(f"\n  {copy / 'solutions' / name}" for name in names)
    assert run("solutions", "03") == (0, f"The worked answers:{told}\n", "")


def test_solutions_says_where_they_are(run, lessons, copy):
    run("update")
    answers = copy / "solutions/03_chat.py"
    assert run("solutions", "03") == (0, f"The worked answers: {answers}\n", "")
    answers.write_text("mine")
    (lessons / "solutions/03_chat.py").write_text("new")
    told = run("solutions", "03")[1].splitlines()
    assert told[0] == f"The worked answers: {answers}"
    assert "03_chat.new.py" in told[1]


def test_trouble_is_told_in_one_line(run):
    for words in (["reset", "77"], ["solutions", "03"]):
        status, out, err = run(*words)
        assert (status, out) == (1, "")
        assert err.startswith("wsdemo: there is no ")
        assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["lab"], ["update"], ["reset"], ["solutions"]])
def test_help_says_which_copy_is_meant(words, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main([*words, "--help"])
    assert ended.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Your copy is the one that the current folder is in." in told
