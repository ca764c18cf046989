"""The page that needs a token, in a real browser."""

import pytest
from playwright.sync_api import expect

from wsdemo.apps import auth

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("late", [False, True])
def test_the_page_that_needs_a_token(tab, late):
    with auth.serve("sesame", refuse_after_open=late) as server:
        page = tab(server)
        log = page.locator("#log li")
        page.get_by_label("Your token").fill("wrong")
        page.keyboard.press("Enter")
        if late:
            expect(log).to_have_text(["open", "closed: code 1008, Invalid token"])
        else:
            expect(log.first).to_have_text("closed: code 1006")
            expect(log.last).to_contain_text("It was never open")
        page.get_by_label("Your token").fill("sesame")
        page.keyboard.press("Enter")
        expect(log.last).to_have_text("↓ Welcome!")
        page.get_by_label("Your message").fill("Hello")
        page.keyboard.press("Enter")
        expect(log.last).to_have_text("↓ You said: Hello")


def test_enter_in_the_token_closes_nothing(tab):
    with auth.serve("sesame") as server:
        page = tab(server)
        token, message = page.get_by_label("Your token"), page.get_by_label("Your message")
        token.fill("sesame")
        page.keyboard.press("Enter")
        expect(message).to_be_focused()
        token.press("Enter")
        message.fill("Hello")
        page.keyboard.press("Enter")
        expect(page.locator("#log li")).to_have_text(
            ["open", "↓ Welcome!", "↑ Hello", "↓ You said: Hello"]
        )
