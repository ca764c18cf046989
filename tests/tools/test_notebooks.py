"""The tool that runs and normalises the lessons."""

import json

import nbformat
import pytest

from tests.lessons.kit import error, good_notebook
from tools import notebooks as tool


def test_normalising_is_stable():
    once = tool.in_form(json.dumps(good_notebook()))
    assert tool.in_form(once) == once
    assert once.endswith("}\n")
    assert '\n "cells"' in once


def test_normalising_keeps_ids_and_numbers_those_that_an_editor_made_up():
    names = ["cell-07", "intro", "af3a77c2", "cell-01", "intro", "Über", "cell-07"]
    ids = tool.cell_ids(nbformat.from_dict({"cells": [{"id": name} for name in names]}))
    assert ids == ["cell-07", "intro", "cell-08", "cell-01", "cell-09", "cell-10", "cell-11"]


def test_neighbouring_pieces_of_a_stream_are_joined():
    pieces = [
        nbformat.v4.new_output("stream", name=name, text=text)
        for name, text in [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]
    ]
    merged = tool.merge_streams(pieces)
    assert [(piece.name, piece.text) for piece in merged] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_tracebacks_lose_the_machine():
    line = 'File "\x1b[32m/home/me/.venv/lib/python3.12/site-packages/websockets/client.py", line 3'
    output = nbformat.from_dict(error(line + " in <f at 0x7f00>"))
    tool.normalise_output(output)
    assert output.traceback == ['File "\x1b[32mwebsockets/client.py", line 3 in <f at 0x…>']
    output = nbformat.from_dict(error(r"C:\Python\Lib\site-packages\websockets\client.py"))
    tool.normalise_output(output)
    assert output.traceback == [r"websockets\client.py"]


def test_all_texts_of_outputs_are_sanitized_and_pictures_are_not():
    port = "127.0.0.1:4711"
    failed = nbformat.from_dict(error() | {"evalue": port})
    tool.normalise_output(failed)
    assert failed.evalue == "127.0.0.1:<port>"
    shown = nbformat.v4.new_output("display_data", {"text/html": port, "image/svg+xml": port})
    tool.normalise_output(shown)
    assert shown.data == {"text/html": "127.0.0.1:<port>", "image/svg+xml": port}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder of lessons with one, 01_sum, that has never been run."""
    monkeypatch.setattr(tool, "LESSONS", tmp_path)
    cells = [nbformat.v4.new_code_cell("print('ws://localhost:%d' % (40 + 2))")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_sum.ipynb")
    return tmp_path


def test_running_saves_what_the_cells_print(folder, capsys):
    path = folder / "01_sum.ipynb"
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    first = path.read_text(encoding="utf-8")
    assert "ws://localhost:<port>" in first
    assert json.loads(first)["cells"][0]["execution_count"] == 1
    assert tool.main(["sum"]) == 0
    assert path.read_text(encoding="utf-8") == first
    assert tool.main(["--check"]) == 0
    assert "the same" in capsys.readouterr().out


def test_a_cell_that_raises_leaves_the_file_alone(folder, capsys):
    path = folder / "01_sum.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("40", "fourty"), encoding="utf-8")
    before = path.read_bytes()
    assert tool.main([]) == 1
    assert path.read_bytes() == before
    assert "NameError" in capsys.readouterr().out


def test_an_unknown_name_is_an_error(folder, capsys):
    assert tool.main(["product"]) == 1
    assert "'product'" in capsys.readouterr().err
