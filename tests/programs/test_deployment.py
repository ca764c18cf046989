"""The files of lesson 19 for systemd and for containers: tools read them, not only people."""

import json
import pathlib
import shlex
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LESSON = ROOT / "notebooks/19_production.ipynb"
KNOWN = {"FROM", "RUN", "COPY", "EXPOSE", "CMD"}


def text_in(cell_id, name):
    """Return the text that a cell of the lesson gives a name."""
    cells = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    [source] = ["".join(cell["source"]) for cell in cells if cell["id"] == cell_id]
    return source.partition(f'{name} = """\n')[2].partition('"""')[0]


def verify(unit, folder):
    """Run ``systemd-analyze verify``; return what it reports about the file."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not here: it comes with systemd, on Linux")
    file = folder / "room.service"
    file.write_text(unit, encoding="utf-8")
    command = [tool, "verify", "--man=no", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)
    return [line for line in done.stderr.splitlines() if "room.service" in line]


def test_systemd_finds_no_mistake_in_the_unit(tmp_path):
    unit = text_in("systemd-unit", "UNIT")
    assert "ExecStart=" in unit
    assert verify(unit, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("LimitNOFILE=", "LimitFiles="),
        ("TimeoutStopSec=15", "TimeoutStopSec=soon"),
        ("ExecStart=python3", "ExecStart=no-such-program"),
    ],
)
def test_systemd_finds_a_mistake_that_is_put_in(tmp_path, right, wrong):
    unit = text_in("systemd-unit", "UNIT")
    assert right in unit
    assert verify(unit.replace(right, wrong), tmp_path) != []


def instructions(text):
    return [tuple(line.split(" ", 1)) for line in text.splitlines() if line]


def test_the_container_file_starts_its_program_without_a_shell():
    found = instructions(text_in("container-file", "CONTAINERFILE"))
    assert {name for name, _ in found} <= KNOWN
    assert found[0][0] == "FROM"
    command = json.loads(dict(found)["CMD"])  # a list: the program itself gets SIGTERM
    assert all(isinstance(word, str) for word in command)
    assert command[command.index("--host") + 1] == "0.0.0.0"  # else no port can be published
    assert command[command.index("--port") + 1] == dict(found)["EXPOSE"]


def test_the_unit_and_the_container_start_the_same_server():
    unit = dict(
        line.split("=", 1) for line in text_in("systemd-unit", "UNIT").splitlines() if "=" in line
    )
    container = json.loads(dict(instructions(text_in("container-file", "CONTAINERFILE")))["CMD"])
    words = shlex.split(unit["ExecStart"])
    assert words[-5:] == ["wsdemo", "serve", "chat", "--port", "8765"]
    assert set(words[-5:]) <= set(container)
