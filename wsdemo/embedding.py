"""How a notebook opens a panel, and reaches a class: where an edition of the course may say so."""

from collections.abc import Callable
from typing import Any

__all__ = ["panel_script", "wire_panel"]

panel_script: Callable[[], str] | None = None
"""Returns the script that stands in each output with a panel; ``None`` leaves it to
:mod:`wsdemo.browser`, whose script opens the panel at the page server's address."""

wire_panel: Callable[[Any], dict[str, str]] | None = None
"""Returns how a notebook shows a wire, by MIME type; :mod:`wsdemo.wire` knows of no browser."""

way_to_class: Callable[[str, int], None] | None = None
"""Makes it possible to connect to a class at this host and port; ``None`` where it is."""
