"""The worked answers of the lessons, by the number of their exercise."""

import pathlib
import runpy

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
SOLUTIONS = {
    number: answer
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9]*.py"))
    for number, answer in runpy.run_path(str(path))["answers"].items()
}
