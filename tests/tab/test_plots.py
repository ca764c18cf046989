"""Plots without matplotlib: whatever a lesson does with its axes, the saved picture is shown."""

import sys

import pytest

from wsdemo import draw
from wsdemo.tab import plots

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def without_matplotlib(monkeypatch, tmp_path):
    """As in an edition without matplotlib, whose lessons have saved one picture."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(plots, "PICTURES", tmp_path)
    (tmp_path / f"{plots.key('It grows.')}.png").write_bytes(PNG)
    plots.install()
    yield
    for name in ("matplotlib", "matplotlib.figure"):
        sys.modules.pop(name)


def test_the_saved_picture_is_the_file(without_matplotlib, tmp_path):
    axes = draw.axes(7, 2)
    axes.plot([1, 2], [3, 4], label="x")
    axes.set(xlabel="seconds", yticks=[0, 1])
    for bar in axes.bar(["a"], [1]):
        bar.set_color("red")
    axes.twinx().legend(loc="upper left")
    with (tmp_path / "out.png").open("wb") as file:
        axes.figure.savefig(file, format="png", metadata={"Description": "It grows."}, dpi=100)
    assert (tmp_path / "out.png").read_bytes() == PNG


def test_a_picture_that_no_lesson_has_is_an_error_that_says_what_to_do(without_matplotlib):
    with pytest.raises(LookupError, match="run the cell on your own machine"):
        draw.show(draw.axes(), "Something else.")


def test_axes_as_the_last_line_of_a_cell_show_nothing(without_matplotlib):
    axes = draw.axes()
    assert axes._ipython_display_() is None
    assert not hasattr(axes, "_ipython_canary_method_should_not_exist_")
