"""The worked answers of the lessons, by the number of their exercise.

The stages of lesson 21 are programs that the judge starts: tests/scratch tests their checks.
"""

import pathlib
import runpy

from wsdemo.checks import exercises

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
SOLUTIONS = {
    number: answer
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9]*.py"))
    for number, answer in runpy.run_path(str(path))["answers"].items()
}
STAGES = [number for number in exercises() if number.startswith("21.")]
OTHERS = [number for number in exercises() if number not in STAGES]
