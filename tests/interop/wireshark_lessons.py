"""Run lessons, save each wire of theirs, and compare what Wireshark reads with what it has seen.

As a command it prints a row for each lesson: its wires, connections and frames, and how many of the
wires Wireshark reads otherwise::

    python -m tests.interop.wireshark_lessons [LESSONS]
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tests.interop.wireshark_kit import CHECKED, EVERY_PORT, frames_of, read_packets

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[2] / "notebooks"
SECONDS_PER_CELL = 120

KEEP_ALL = """
import wsdemo.wire

wires_of_the_lesson = []
begin = wsdemo.wire.Wire.__init__

def begin_and_keep(wire, *arguments, **options):
    begin(wire, *arguments, **options)
    wires_of_the_lesson.append(wire)

wsdemo.wire.Wire.__init__ = begin_and_keep
"""
"""The first cell: what the lesson creates is kept."""

SAVE_ALL = """
import json, pathlib

folder = pathlib.Path({folder!r})
for number, wire in enumerate(wires_of_the_lesson):
    wire.save(folder / f"{{number}}.pcapng")
    rows, codes = [], []
    for seen in wire.frames:
        frame, of = seen.frame, [seen.connection, seen.direction]
        rsv = frame.rsv1 << 2 | frame.rsv2 << 1 | frame.rsv3
        masked = frame.mask is not None
        rows.append([of, int(frame.opcode), frame.fin, masked, rsv, frame.length])
        if frame.opcode == 8 and frame.close_code not in (None, 1005):
            codes.append([of, frame.close_code])
    (folder / f"{{number}}.json").write_text(json.dumps([rows, codes]))
"""
"""The last cell: each wire as a capture file, and what it has seen."""


def record(notebook: pathlib.Path, folder: pathlib.Path) -> None:
    """Run a lesson, and save its wires.

    Args:
        notebook: the lesson.
        folder: where the wires go: ``0.pcapng`` and ``0.json``, and so on.
    """
    book = nbformat.read(notebook, as_version=4)
    first, last = new_code_cell(KEEP_ALL), new_code_cell(SAVE_ALL.format(folder=str(folder)))
    book.cells = [first, *book.cells, last]
    options = {"timeout": SECONDS_PER_CELL, "allow_errors": True, "kernel_name": "python3"}
    NotebookClient(book, resources={"metadata": {"path": str(NOTEBOOKS)}}, **options).execute()
    errors = [each for each in last.outputs if each.output_type == "error"]
    assert not errors, errors


def seen_by_wire(file: pathlib.Path) -> tuple[dict, dict]:
    """What a wire has seen, as :func:`frames_of` gives it."""
    frames, codes = {}, {}
    rows, closed = json.loads(file.read_text("utf-8"))
    for of, *row in rows:
        frames.setdefault(tuple(of), []).append(tuple(row))
    for of, code in closed:
        codes.setdefault(tuple(of), []).append(code)
    return frames, codes


def compare(program: str, folder: pathlib.Path) -> tuple[int, int, int, list[str]]:
    """Count the wires, connections and frames in a folder, and name what is read otherwise.

    Args:
        program: tshark.
        folder: where :func:`record` has put them.
    """
    captures = sorted(folder.glob("*.pcapng"))
    connections = frames = 0
    otherwise = []
    for capture in captures:
        packets = read_packets(program, capture, "-o", EVERY_PORT, *CHECKED)
        seen = seen_by_wire(capture.with_suffix(".json"))
        connections += len({packet["tcp.stream"][0] for packet in packets})
        frames += sum(map(len, seen[0].values()))
        malformed = any(packet["_ws.malformed"] for packet in packets)
        if frames_of(packets) != seen or malformed:
            otherwise.append(capture.stem)
    return len(captures), connections, frames, otherwise


def main() -> int:
    """Print a row for each lesson; return how many of them differ."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("lessons", nargs="*", default=[""], help="numbers, such as 01 07")
    wanted = parser.parse_args().lessons
    program = shutil.which("tshark")
    if program is None:
        print("there is no tshark here: sudo apt install tshark", file=sys.stderr)
        return 1
    print("| lesson | wires | connections | frames | read otherwise |")
    print("| --- | --- | --- | --- | --- |")
    differ = 0
    for notebook in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        if not any(notebook.name.startswith(each) for each in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            record(notebook, pathlib.Path(folder))
            wires, connections, frames, otherwise = compare(program, pathlib.Path(folder))
        row = (notebook.stem, wires, connections, frames, ", ".join(otherwise) or "–")
        print(f"| {' | '.join(map(str, row))} |", flush=True)
        differ += bool(otherwise)
    return differ


if __name__ == "__main__":
    sys.exit(main())
