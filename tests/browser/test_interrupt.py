"""The square ■ in the real JupyterLab ends a cell that awaits."""

import time

import pytest
from nbformat.v4 import new_code_cell
from playwright.sync_api import expect

from tests.browser.lab import cells, opened
from tests.browser.test_lab import write

pytestmark = pytest.mark.browser

SERVE = """\
import wsdemo
from websockets.asyncio.client import connect

async def silent(connection):
    await connection.wait_closed()

server = wsdemo.serve(silent)"""
WAIT = """\
async with connect(server.url) as client:
    print("waits", flush=True)
    await client.recv()"""
RUN_ALL = '() => { window.jupyterapp.commands.execute("notebook:run-all-cells").catch(() => {}); }'


def test_the_square_ends_a_cell_that_awaits(jupyterlab, page):
    write(jupyterlab, "await.ipynb", new_code_cell(SERVE), new_code_cell(WAIT))
    with opened(page, "await.ipynb"):
        page.evaluate(RUN_ALL)
        expect(page.get_by_text("waits", exact=True)).to_be_visible()
        began = time.monotonic()
        page.get_by_role("button", name="Interrupt the kernel").click()
        expect(page.get_by_text("CancelledError").first).to_be_visible()
        print(f"ended after {time.monotonic() - began:.2f} s")
        # What else wakes the loop does so after 12 to 15 s. A busy machine needs half a second.
        assert time.monotonic() - began < 5
        assert cells(page)[1]["outputs"][-1]["ename"] == "CancelledError"
