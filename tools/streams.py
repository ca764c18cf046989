"""A pytest plugin: nbval shows what a cell has printed where nothing is saved.

nbval says only that there is an unexpected field, such as ``stderr``. If that happens once in a
hundred runs, nobody learns from its report what went wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Have nbval's comparison add the text."""
    if not getattr(config.option, "nbval", False):
        return
    from nbval.plugin import IPyNbCell  # two seconds, for notebooks only

    compare = IPyNbCell.compare_outputs

    def compare_outputs(cell: Any, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        same: bool = compare(cell, test, ref, skip_compare)
        if not same:
            cell.comparison_traceback += unexpected(test, ref)
        return same

    IPyNbCell.compare_outputs = compare_outputs


def unexpected(
    printed: Sequence[Mapping[str, Any]], saved: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return what was printed to streams of which nothing is saved.

    Args:
        printed: the outputs of a cell, as in a notebook's file.
        saved: those of the same cell that were saved.
    """
    known = {output.get("name") for output in saved}
    return [
        f"{output['name']}: {output['text']}"
        for output in printed
        if output.get("output_type") == "stream" and output["name"] not in known
    ]
