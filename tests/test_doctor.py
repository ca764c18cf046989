"""The report on the machine, and finding the programs that the tests drive."""

import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from wsdemo import doctor


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """Give a machine with nothing on its PATH but what is put into this folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    for name in doctor._WINDOWS_FOLDERS:
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(doctor.Path, "home", lambda: tmp_path)
    return tmp_path


def program(folder, name):
    """Make a file that counts as a program."""
    path = folder / (f"{name}.exe" if sys.platform == "win32" else name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho v20.1.2\n")
    path.chmod(0o755)
    return str(path)


def states(check):
    return {finding.text: finding.state for finding in doctor._carefully(check)}


@pytest.mark.skipif(sys.platform == "darwin", reason="Chrome is where it always is there")
def test_no_chromium(bare):
    assert doctor.find_chromium() is None


@pytest.mark.parametrize("name", doctor._COMMANDS)
def test_chromium_on_the_path(bare, name):
    path = program(bare, name)
    assert doctor.find_chromium() == path


def test_chromium_chosen_comes_first(bare, monkeypatch):
    program(bare, "chromium")
    path = program(bare / "elsewhere", "my-browser")
    monkeypatch.setenv("CHROMIUM", path)
    assert doctor.find_chromium() == path


def test_chromium_chosen_and_not_there(bare, monkeypatch):
    program(bare, "chromium")
    monkeypatch.setenv("CHROMIUM", str(bare / "none"))
    assert doctor.find_chromium() is None


def test_chromium_among_mac_applications(bare, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    path = bare / "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"
    path.parent.mkdir(parents=True)
    path.touch()
    assert os.path.basename(doctor.find_chromium()) in doctor._MAC_APPS
    assert path in doctor._application_paths()


def test_chromium_among_windows_programs(bare, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    found = list(doctor._application_paths())
    assert len(found) == len(doctor._WINDOWS_FILES) * len(doctor._WINDOWS_FOLDERS)
    assert {path.parents[0] for path in found} >= {Path(bare, doctor._WINDOWS_FILES[0]).parent}


def test_node(bare):
    assert doctor.find_node() is None
    path = program(bare, "node")
    assert doctor.find_node() == path


def test_programs_that_are_missing_are_no_problem(bare, monkeypatch):
    monkeypatch.setattr(doctor, "find_chromium", lambda: None)
    assert states(doctor._programs) == {"Chromium": "missing", "Node": "missing"}


def test_a_missing_package_is_a_problem_and_a_missing_test_tool_is_none(monkeypatch):
    def version(name):
        if name in ("websockets", "nbval"):
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)
    found = states(doctor._versions)
    assert found["no websockets"] == "problem"
    assert found["nbval"] == "missing"
    assert found["ipykernel 1.0"] == "ok"


def test_a_kernel_of_another_python_is_a_problem(monkeypatch, tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["/elsewhere/python"], "display_name": "x"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert list(states(doctor._kernel).values()) == ["problem"]


def test_a_missing_extension_is_a_problem(monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_config_path", list)
    assert list(states(doctor._jupyter_server_extension).values()) == ["problem"]


def test_a_check_that_raises_is_a_problem():
    def _broken_thing():
        raise ImportError("no such library")

    finding = next(doctor._carefully(_broken_thing))
    assert finding.state == "problem"
    assert finding.text == "broken thing: ImportError: no such library"
    assert "start.py" in str(finding)


def test_the_report(monkeypatch, capsys):
    assert doctor.main() == 0
    out = capsys.readouterr().out
    assert "ok       kernel python3 runs this Python" in out
    assert "ok       Jupyter server extension wsdemo.jupyter is enabled" in out
    assert "ok       an echo over 127.0.0.1" in out

    def _server():
        yield doctor.Finding("problem", "no server", "mend it")

    monkeypatch.setattr(doctor, "_CHECKS", (_server,))
    assert doctor.main() == 1
    assert "  problem  no server\n           → mend it\n\n1 problem" in capsys.readouterr().out
