"""How the notebook opens a panel: the one place where an edition of the course may say so."""

from collections.abc import Callable

__all__ = ["panel_script"]

panel_script: Callable[[], str] | None = None
"""Returns the script that stands in each output with a panel; ``None`` leaves it to
:mod:`wsdemo.browser`, whose script opens the panel at the page server's address."""
