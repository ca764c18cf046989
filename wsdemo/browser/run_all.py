"""Keep the cells of a notebook in step with the pages that they show.

In Run All a kernel is done with a whole lesson before the first page has opened in the browser:
the last cell would stop servers that no page has reached yet. So, where a person watches, a cell
that shows a page, or commands one, is not done before the page is.
"""

import time

from wsdemo.browser.page_server import Page
from wsdemo.cell import ipython_shell, is_on_screen

__all__ = ["LONGEST_WAIT", "wait_for_page"]

LONGEST_WAIT = 8
"""Seconds that a cell waits at most; each page is waited for once too often at most."""

_shown: list[Page] = []


def wait_for_page(page: Page) -> None:
    """Let this cell, and those that follow, wait for a page that is being shown.

    Args:
        page: what the notebook will show in an output of the running cell.
    """
    shell = ipython_shell()
    if shell is None:
        return
    if page not in _shown:
        _shown.append(page)
    shell.events.register("post_run_cell", _wait)  # twice counts once


def _wait(_: object = None) -> None:
    if not is_on_screen():
        return
    end = time.monotonic() + LONGEST_WAIT
    try:
        late = [page for page in _shown if not page.wait_until_settled(end - time.monotonic())]
    except KeyboardInterrupt:
        return  # the person would rather go on
    # A page that did not come (no browser can reach the kernel, the panel was cleared) or never
    # rests must not hold up every cell to come.
    for page in late:
        _shown.remove(page)
