"""Try all answers of the tests, and print for each exercise how many the check judged rightly.

``python -m tests.checks.table``; about five minutes.
"""

import collections

from tests.checks.test_answers import check, rows, worked
from tests.checks.worked import OTHERS


def main() -> None:
    """Print a table in Markdown."""
    wrong, right = collections.Counter(), collections.Counter()
    refused, accepted = collections.Counter(), collections.Counter()
    for number, answer, diagnosis in [*rows("MISTAKES"), *rows("HINTS")]:
        verdict = check(number, answer)
        wrong[number] += 1
        refused[number] += verdict.state != "right" and diagnosis in str(verdict)
    for number, answer in [*rows("RIGHT"), *((each, worked(each)) for each in OTHERS)]:
        right[number] += 1
        accepted[number] += check(number, answer).state == "right"
    print("| exercise | wrong tried | refused, truly | right tried | accepted |")
    print("| --- | --- | --- | --- | --- |")
    for each in OTHERS:
        print(f"| {each} | {wrong[each]} | {refused[each]} | {right[each]} | {accepted[each]} |")
    sums = [sum(each.values()) for each in (wrong, refused, right, accepted)]
    print("| all |", " | ".join(map(str, sums)), "|")


if __name__ == "__main__":
    main()
