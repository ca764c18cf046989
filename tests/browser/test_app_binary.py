"""The page that sends bytes and files, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from wsdemo.apps import binary

pytestmark = pytest.mark.browser


def test_the_binary_page_sends_bytes_and_files(tab):
    with binary.serve() as server:
        page = tab(server)
        expect(page.locator("#state")).to_contain_text("connected")
        log = page.locator("#log li")
        page.get_by_label("Bytes in hexadecimal").fill("00 7f, 0xFF")
        page.keyboard.press("Enter")
        expect(log).to_have_text(["↑ 3 bytes: 00 7f ff", "↓ 3 bytes: 00 7f ff"])
        page.get_by_label("Bytes in hexadecimal").fill("abc")
        page.keyboard.press("Enter")
        expect(log.last).to_contain_text("two hexadecimal digits")
        file = {"name": "f", "mimeType": "text/plain", "buffer": bytes(range(100))}
        page.get_by_label("A file").set_input_files(file)
        expect(log.last).to_have_text(re.compile(r"^↓ 100 bytes: 00 01 .* 3f …$"))
