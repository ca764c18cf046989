"""The echo server's page in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import page_of

pytestmark = pytest.mark.browser


def test_the_echo_page_talks(window, echo):
    page = window.new_page()
    page.goto(page_of(echo))
    log = page.locator("#log li")
    expect(log).to_have_text(["↓ Welcome!"])
    page.get_by_label("Your message").fill("<b>Hello</b>")
    page.keyboard.press("Enter")
    expect(log).to_have_text(["↓ Welcome!", "↑ <b>Hello</b>", "↓ You said: <b>Hello</b>"])
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status")).to_have_text("not connected")
    page.get_by_role("button", name="Connect").click()
    expect(log.last).to_have_text("↓ Welcome!")


def test_the_echo_page_says_that_its_server_has_gone(window, echo):
    page = window.new_page()
    page.goto(page_of(echo))
    expect(page.locator("#log li")).to_have_text(["↓ Welcome!"])
    echo.stop()
    expect(page.locator("#log li").last).to_contain_text("closed: code 1001")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
