"""What the strict notebook tests cost beside what cannot be saved.

The floor is the same number of kernels, with the same imports and the lessons' own run time, as
one cell each. Run: python start.py bench notebooks
"""

import datetime
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from _table import report, row

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = 2


def own_seconds(notebook: nbformat.NotebookNode) -> float:
    """How long the cells themselves run, from the kernel's own time stamps."""
    NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    ).execute()
    total = 0.0
    for cell in notebook.cells:
        times = cell.metadata.get("execution", {})
        if cell.cell_type == "code":
            begin, end = times["iopub.status.busy"], times["iopub.status.idle"]
            seconds = [datetime.datetime.fromisoformat(each) for each in (begin, end)]
            total += (seconds[1] - seconds[0]).total_seconds()
    return total


def nbval(folder: pathlib.Path) -> float:
    """Run nbval over a folder, one file after the other; return the seconds it took.

    Two workers would share out one-cell notebooks otherwise than lessons, to chance's advantage.
    """
    options = ["--nbval-sanitize-with=tests/sanitize.cfg", "-q"]
    command = [sys.executable, "-m", "pytest", "--nbval", str(folder), *options]
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    return time.perf_counter() - start


def main() -> None:
    """Measure, row by row."""
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    with tempfile.TemporaryDirectory(dir=ROOT) as name:  # pytest starts alike for both
        floor = pathlib.Path(name)
        for path in lessons:
            seconds = own_seconds(nbformat.read(path, as_version=4))
            source = f"import time\ntime.sleep({seconds})"
            cell = new_code_cell(source, execution_count=1)
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(
                new_notebook(cells=[cell], metadata={"kernelspec": kernel}), floor / path.name
            )
            print(f"{path.stem}: its cells run {seconds:.1f} s", file=sys.stderr)
        pairs = [(nbval(ROOT / "notebooks"), nbval(floor)) for _ in range(ROUNDS)]
    suite, least = (statistics.median(each) for each in zip(*pairs, strict=True))
    row("strict notebook tests, relative to their floor", suite / least, "≤ 1.25")
    row("the floor: kernels, imports, the lessons' own run time", f"{least:.0f} s")


if __name__ == "__main__":
    report(main)
