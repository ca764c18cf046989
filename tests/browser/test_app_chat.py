"""The chat's page in a real browser."""

import contextlib

import pytest
from playwright.sync_api import Error, expect

import wsdemo
from wsdemo.apps import chat

pytestmark = pytest.mark.browser


def close(page):
    page.close()


def crash(page):
    """End the tab's process, as a kill or an empty battery does."""
    with contextlib.suppress(Error):
        page.goto("chrome://crash")


@pytest.mark.parametrize("end", [close, crash])
def test_three_people_chat_and_one_is_gone(tab, end):
    with chat.serve(heartbeat=1) as server:
        ana, bob, eve = (tab(server, name) for name in ("Ana", "Bob", "Eve"))
        expect(ana.locator("#names")).to_have_text("Ana, Bob, Eve")
        eve.get_by_label("Your message").fill("<img src=x onerror=document.title='mine'>")
        eve.keyboard.press("Enter")
        for page in (ana, bob, eve):
            last = page.locator("#log li").last
            expect(last.locator("b")).to_have_text("Eve ")
            expect(last).to_contain_text("<img src=x onerror=")
            expect(page).to_have_title("Chat over a WebSocket")
        end(eve)
        for page in (ana, bob):
            expect(page.locator("#log li").last).to_have_text("Eve left")
            expect(page.locator("#names")).to_have_text("Ana, Bob")


def test_text_from_right_to_left_turns_nothing_around_it(tab):
    with chat.serve() as server:
        ana, _ = tab(server, "Ana"), tab(server, "דנה")
        expect(ana.locator("#names bdi")).to_have_text(["Ana", "דנה"])
        ana.get_by_label("Your message").fill("\u202eevil שלום 1")
        ana.keyboard.press("Enter")
        shown = ana.locator("#log li").last.locator("bdi")
        expect(shown).to_have_text("\u202eevil שלום 1")
        expect(shown).to_have_css("unicode-bidi", "isolate")


def test_a_name_in_use_is_told_and_another_one_works(tab):
    with chat.serve() as server:
        ana, second = tab(server, "Ana"), tab(server, "ana")
        expect(second.locator("#log .trouble").first).to_contain_text("is taken: choose another")
        expect(second.get_by_role("status")).to_have_text("not connected")
        second.get_by_label("Your name").fill("Bob")
        second.keyboard.press("Enter")
        expect(ana.locator("#names")).to_have_text("Ana, Bob")


def test_who_comes_back_while_the_name_is_still_taken_gets_in_by_waiting(tab):
    """The owner's connection is dead, and the server has not noticed it yet."""
    with chat.serve(heartbeat=1) as server, wsdemo.Wire(server.url) as wire:
        ghost = tab(wire, "Ana")
        expect(ghost.locator("#names")).to_have_text("Ana")
        wire.freeze()
        ana = tab(server, "Ana")
        expect(ana.locator("#log")).to_contain_text("The name Ana is taken: trying again in")
        expect(ana.locator("#names")).to_have_text("Ana", timeout=20_000)
        expect(ana.locator("#state")).to_contain_text("connected to")


def test_a_long_name_widens_nobodys_page(tab):
    with chat.serve() as server:
        bob = tab(server, "Bob")
        bob.set_viewport_size({"width": 390, "height": 844})
        tab(server, "m" * 40)
        expect(bob.locator("#names")).to_contain_text("m" * 40)
        assert bob.evaluate("() => document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("name", ["", "   "])
def test_the_button_connects_nobody_without_a_name(tab, name):
    with chat.serve() as server:
        page = tab(server)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Connect").click()
        expect(page.get_by_label("Your name")).to_be_focused()
        page.get_by_label("Your name").fill("Ana")
        page.get_by_role("button", name="Connect").click()
        expect(page.locator("#names")).to_have_text("Ana")
        assert len(server.connections) == 1
        expect(page.locator("#log")).to_have_text("Ana joined")


def test_a_name_that_is_taken_gets_the_focus_and_is_selected(tab):
    with chat.serve() as server:
        tab(server, "Ana")
        second = tab(server, "ana")
        expect(second.locator("#log")).to_contain_text("is taken: trying again")
        expect(second.get_by_label("Your name")).to_be_focused()
        second.keyboard.type("Bob")
        second.keyboard.press("Enter")
        expect(second.locator("#names")).to_have_text("Ana, Bob")
        expect(second.get_by_label("Your message")).to_be_focused()


def test_who_is_here_is_shown_only_while_connected(tab):
    with chat.serve() as server:
        page = tab(server)
        expect(page.get_by_text("Here:")).to_be_hidden()
        page.get_by_label("Your name").fill("Ana")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Here: Ana")).to_be_visible()
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_text("Here:")).to_be_hidden()
