"""Right servers of unusual form are right: threads, callbacks, JavaScript, one that runs."""

import pathlib
import sys

import pytest

import wsdemo
from tests.judge.kit import serving_source
from wsdemo import scratch

SANS_IO = pathlib.Path(__file__).with_name("sans_io.py")


@pytest.mark.parametrize("form", ["threads", "protocol"])
def test_a_core_without_io_in_two_shells(form):
    verdict = wsdemo.check("21.14", [sys.executable, str(SANS_IO), form])
    assert verdict.state == "right", verdict


@pytest.mark.node
def test_a_server_in_javascript(require_node):
    verdict = wsdemo.check("21.10", [require_node, str(scratch.published("server.mjs"))])
    assert verdict.state == "right", verdict


def test_a_server_that_runs_already():
    with serving_source(scratch.program_after(14)) as address:
        verdict = wsdemo.check("21.9", f"ws://127.0.0.1:{address.port}/")
    assert verdict.state == "right", verdict
