"""Plots without matplotlib: the picture that was saved when the lesson was made.

matplotlib for a browser is on neither PyPI nor npm, so an edition that was built from these has
none. What a lesson does with its axes is taken without effect, and saving the figure gives the
picture that the course's own run gave, found by its text alternative.
"""

import hashlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from wsdemo.cell import ipython_shell

__all__ = ["PICTURES", "Nothing", "SavedFigure", "install", "key"]

PICTURES = Path(__file__).with_name("pictures")
"""Where the build puts the pictures of all lessons."""

REMARK = "This picture was saved when the lesson was made: this edition has no matplotlib."


def key(text: str) -> str:
    """Return the name of a picture's file, from its text alternative."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Nothing:
    """Stands for axes, lines and legends: whatever is done with it has no effect."""

    def __getattr__(self, name: str) -> "Nothing":
        if name.startswith("_"):  # how Python and IPython ask what an object can do
            raise AttributeError(name)
        return self

    def _ipython_display_(self) -> None:
        """Show nothing, where it is a cell's last line."""

    def __call__(self, *_: Any, **__: Any) -> "Nothing":
        """Do nothing."""
        return self

    def __getitem__(self, _: Any) -> "Nothing":
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class SavedFigure(Nothing):
    """A figure whose picture exists already.

    Attributes:
        figure: itself; axes have it.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        self.figure = self

    def subplots(self, *_: Any, **__: Any) -> "SavedFigure":
        """Return the axes: there is nothing to tell them from the figure."""
        return self

    def savefig(self, file: Any, metadata: dict[str, str] | None = None, **_: Any) -> None:
        """Write the picture that was saved.

        Args:
            file: a binary file.
            metadata: has the text alternative, as ``Description``.

        Raises:
            LookupError: no lesson has a picture of this text.
        """
        path = PICTURES / f"{key((metadata or {}).get('Description', ''))}.png"
        if not path.is_file():
            raise LookupError(
                "this edition has no matplotlib, and no lesson has saved this picture: run the "
                "cell on your own machine"
            )
        file.write(path.read_bytes())
        _remark()


def _remark() -> None:
    if shell := ipython_shell():
        shell.display_pub.publish({"text/html": f"<small>{REMARK}</small>"})


def install() -> None:
    """Let ``import matplotlib`` find this."""
    matplotlib, figure = ModuleType("matplotlib"), ModuleType("matplotlib.figure")
    vars(matplotlib).update(rc_context=Nothing(), figure=figure)
    vars(figure).update(Figure=SavedFigure)
    sys.modules.update({"matplotlib": matplotlib, "matplotlib.figure": figure})
