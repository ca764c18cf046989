"""Take the picture of Chromium's developer tools that lesson 14 shows: real tools, real messages.

``python -m tests.browser.devtools notebooks/images/devtools.png``
"""

import asyncio
import json
import pathlib
import socket
import sys
import urllib.request

from playwright.sync_api import sync_playwright

import wsdemo
from tests.browser.lab import FLAGS, find_chromium

PAGE = "<!doctype html><title>lesson 14</title><link rel=icon href=data:,>"
CONVERSE = """(url) => new Promise((done) => {
  const ws = new WebSocket(url);
  let count = 0;
  ws.onopen = () => ws.send("tell me");
  ws.onmessage = () => { if (++count === 3) done(); };
})"""


async def everything(connection):
    """Answer in fragments, in bytes and in text, with a ping between."""
    await connection.recv()
    await connection.send(["first half, ", "second half"])
    await connection.send(json.dumps({"city": "Oslo"}).encode())
    await asyncio.wait_for(await connection.ping("alive?"), 5)
    await connection.send(json.dumps({"city": "Oslo"}))
    await connection.wait_closed()


def photograph(image: pathlib.Path) -> None:
    """Open the tools of one page in a second page, and save what they show.

    Args:
        image: the PNG to write.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    flags = [*FLAGS, f"--remote-debugging-port={place.rpartition(':')[2]}"]
    with wsdemo.serve(everything, pages={"/": PAGE}) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*flags, "--remote-allow-origins=*"]
        )
        page = browser.new_page()
        page.goto(server.url.replace("ws:", "http:"))
        with urllib.request.urlopen(f"http://{place}/json", timeout=5) as answer:
            [target] = [each for each in json.load(answer) if each["title"] == "lesson 14"]
        tools = browser.new_page(viewport={"width": 1080, "height": 720}, color_scheme="light")
        where = f"ws={place}/devtools/page/{target['id']}&panel=network"
        tools.goto(f"http://{place}/devtools/devtools_app.html?{where}")
        tools.get_by_text("Keep log").wait_for()
        tools.get_by_text("Socket", exact=True).click()
        page.evaluate(CONVERSE, server.url)
        tools.locator("td.name-column").first.click()
        tools.get_by_role("tab", name="Messages").click()
        tools.get_by_text("first half, second half").first.wait_for()
        clip = {"x": 0, "y": 0, "width": 1080, "height": 368}
        tools.screenshot(path=image, clip=clip)
        browser.close()


if __name__ == "__main__":
    photograph(pathlib.Path(sys.argv[1]))
