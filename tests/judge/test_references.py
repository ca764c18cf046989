"""The worked answers of lesson 21 are right, short, and need no library."""

import ast
import sys
import time

import pytest

from tests.judge.kit import REFERENCES
from wsdemo.doctor import find_node
from wsdemo.judge import judge

NODE = find_node()
PROGRAMS = {
    "server.py": [sys.executable],
    "client.py": [sys.executable],
    "server.mjs": [NODE],
    "client.mjs": [NODE],
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            each,
            marks=[
                *([pytest.mark.node] if "mjs" in each else []),
                # tests/scratch/test_worked.py has the judge accept clients at each change.
                *([pytest.mark.weekly] if "client" in each else []),
            ],
        )
        for each in PROGRAMS
    ],
)
def test_the_judge_accepts_it_in_less_than_ten_seconds(name, request):
    if name.endswith("mjs"):
        request.getfixturevalue("require_node")
    start = time.perf_counter()
    report = judge([*PROGRAMS[name], str(REFERENCES / name)], client="client" in name, go_on=True)
    assert report.passed, str(report)
    assert len(report.verdicts) >= (80 if "server" in name else 30)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("name", ["server.py", "client.py"])
def test_the_python_programs_need_the_standard_library_alone(name):
    found = {"server"}  # the client uses the server's reading of frames
    for node in ast.walk(ast.parse((REFERENCES / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            names = [module] if module else [each.name for each in node.names]
            assert {each.partition(".")[0] for each in names} <= sys.stdlib_module_names | found


def test_the_javascript_programs_need_node_alone():
    for file in REFERENCES.glob("*.mjs"):
        lines = file.read_text(encoding="utf-8").splitlines()
        sources = [line.partition(' from "')[2] for line in lines if ' from "' in line]
        assert sources
        assert all(each.startswith(("node:", "./")) for each in sources), file.name


def test_the_server_can_be_read_aloud():
    assert len((REFERENCES / "server.py").read_text(encoding="utf-8").splitlines()) <= 250
