"""The cell magic %%pytest."""

from types import SimpleNamespace

import pytest

from wsdemo import pytest_cell
from wsdemo.pytest_cell import load_ipython_extension, run_tests


def test_what_is_different_in_each_run_is_not_printed():
    printed = run_tests("def test_one(): pass\ndef test_two(): assert 1 == 2")
    assert printed == run_tests("def test_one(): pass\ndef test_two(): assert 1 == 2")
    assert printed.splitlines()[-1] == "1 failed, 1 passed"
    assert "E   assert 1 == 2" in printed
    assert "/" not in printed


def test_it_prints_the_same_in_ci(monkeypatch):
    source = f"def test_{'a_long_name_' * 8}(): assert 'a' == 'b'"
    printed = set()
    for name in ("CI", "BUILD_NUMBER", "OTHER"):
        for each in ("CI", "BUILD_NUMBER"):
            monkeypatch.delenv(each, raising=False)
        monkeypatch.setenv(name, "true")
        printed.add(run_tests(source, "--tb=no", "-rf"))
    assert len(printed) == 1


def test_a_file_that_is_not_python_says_where():
    printed = run_tests("def test_one(:\n    pass")
    assert "SyntaxError" in printed
    assert "test_cell.py" in printed


def test_a_test_that_waits_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr(pytest_cell, "TIME_LIMIT", 2)
    with pytest.raises(TimeoutError, match="the tests had not ended after 2 s"):
        run_tests("import threading\ndef test_one(): threading.Event().wait()")


def test_options_of_the_project_around_do_not_matter(monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    assert run_tests("def test_one(): pass").splitlines()[-1] == "1 passed"


def test_the_magic_prints_what_pytest_says(capsys):
    magics = {}

    def register(function, kind):
        magics[kind, function.__name__] = function

    load_ipython_extension(SimpleNamespace(register_magic_function=register))
    magics["cell", "pytest"]("-rp --tb=no", "def test_one(): pass")
    printed = capsys.readouterr().out
    assert "PASSED test_cell.py::test_one" in printed
    assert printed.endswith("1 passed\n")
