"""The board and the learners' page of a class, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import require_axe, violations
from wsdemo.classroom.pages import pages, twenty_questions
from wsdemo.classroom.questions import inventory
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage

pytestmark = pytest.mark.browser


class Room:
    """A class, its board, and learners, each in a browser of their own."""

    def __init__(self, browser, file):
        self.browser, self.file, self.contexts = browser, file, []
        self.start()

    def start(self):
        storage = Storage.open(self.file)
        self.server = ClassServer(storage, pages(), host="127.0.0.1", port=storage.port)
        self.at = f"http://{self.server.place}"

    def page(self):
        self.contexts.append(self.browser.new_context())
        return self.contexts[-1].new_page()

    def board(self):
        page = self.page()
        page.goto(f"{self.at}/board#{self.server.storage.key}")
        expect(page.locator("#code")).to_have_text(self.server.storage.code)
        return page

    def learner(self, name):
        page = self.page()
        page.goto(f"{self.at}/#code={self.server.storage.code}")
        page.get_by_label("A nickname").fill(name)
        page.get_by_role("button", name="Join").click()
        expect(page.locator("#state")).to_have_text(f"You are in the class as {name}.")
        return page

    def stop(self):
        for context in self.contexts:
            context.close()
        self.server.server.stop()


@pytest.fixture
def room(chromium, tmp_path):
    room = Room(chromium, tmp_path / "class.json")
    yield room
    room.stop()


def ask(board, lesson="03", which=2):
    board.get_by_label("Lesson").select_option(lesson)
    board.get_by_role("button", name="Ask", exact=True).nth(which).click()


def option(page, letter):
    return page.locator(f'#options [data-letter="{letter}"]')


def test_a_question_is_predicted_revealed_discussed_and_asked_again(room):
    board, ana, bob = room.board(), room.learner("Ana"), room.learner("Bob")
    expect(board.locator("#count")).to_have_text("2 here")
    ask(board)
    expect(board.locator("#asked")).to_have_text(
        "Eve sends plain hello, not JSON. Who is disconnected?"
    )
    option(ana, "a").click()
    expect(board.locator("#chosen")).to_have_text("1 of 2 have chosen")
    expect(board.locator(".bar")).to_have_count(0)
    option(bob, "c").click()
    option(bob, "b").click()  # who changes their mind is counted once
    expect(board.locator("#chosen")).to_have_text("2 of 2 have chosen")
    board.get_by_role("button", name="Show the result").click()
    expected = ["1 (50 %)", "1 (50 %)", "0 (0 %)"]
    for page in (board, ana, bob):
        expect(page.locator(".bar")).to_have_text(expected)
        expect(page.locator(".mark")).to_have_count(0)  # they discuss without the answer
    expect(option(ana, "b")).to_be_disabled()
    board.get_by_role("button", name="Ask again").click()
    option(ana, "b").click()
    option(bob, "b").click()
    expect(board.locator("#chosen")).to_have_text("2 of 2 have chosen")
    board.get_by_role("button", name="Show the result").click()
    expect(ana.locator(".bar").nth(3)).to_have_text("round 2: 2 (100 %)")
    board.get_by_role("button", name="Show which is right").click()
    for page in (board, ana):
        expect(page.locator(".right .mark")).to_have_text("✓ right")
    board.get_by_role("button", name="Close the question").click()
    expect(bob.locator("#nothing")).to_be_visible()


def test_the_keyboard_is_enough_and_keeps_its_place(room):
    board, ana = room.board(), room.learner("Ana")
    ask(board)
    option(ana, "b").focus()
    ana.keyboard.press("Enter")
    expect(option(ana, "b")).to_have_attribute("aria-pressed", "true")
    expect(option(ana, "b")).to_be_focused()
    expect(board.locator("#chosen")).to_have_text("1 of 1 have chosen")
    expect(ana.locator("#said")).to_contain_text("has arrived")


def test_a_restart_of_the_teachers_machine_loses_no_vote(room):
    board, ana, bob = room.board(), room.learner("Ana"), room.learner("Bob")
    ask(board)
    option(ana, "a").click()
    expect(board.locator("#chosen")).to_have_text("1 of 2 have chosen")
    room.server.server.stop()
    expect(bob.locator("#state")).to_contain_text("The connection is lost")
    option(bob, "c").click()  # while nothing listens
    expect(option(bob, "c")).to_have_attribute("aria-pressed", "true")
    room.start()
    expect(board.locator("#chosen")).to_have_text("2 of 2 have chosen")
    expect(option(ana, "a")).to_have_attribute("aria-pressed", "true")


def test_a_new_address_of_the_teachers_machine_loses_no_vote(room):
    """Another name of this machine is another address, where a page's storage is empty."""
    board, ana = room.board(), room.learner("Ana")
    ask(board)
    option(ana, "b").wait_for()
    expect(ana.get_by_label("another address")).to_be_hidden()
    room.server.server.stop()
    expect(ana.locator("#state")).to_contain_text("The connection is lost")
    option(ana, "c").click()
    ana.get_by_label("another address").fill(f"http://localhost:{room.server.server.port}/")
    # Else the page could come back to its old address, which is still one of this machine.
    ana.evaluate("() => { WebSocket = class extends EventTarget {}; }")
    room.start()
    ana.get_by_role("button", name="Go there").click()
    ana.wait_for_url("http://localhost:*/")
    expect(ana.locator("#state")).to_have_text("You are in the class as Ana.")
    expect(board.locator("#chosen")).to_have_text("1 of 1 have chosen")
    expect(board.locator("#count")).to_have_text("1 here")
    expect(option(ana, "c")).to_have_attribute("aria-pressed", "true")


def test_a_reload_is_the_same_learner_with_the_same_choice(room):
    board, ana = room.board(), room.learner("Ana")
    ask(board)
    option(ana, "a").click()
    expect(board.locator("#chosen")).to_have_text("1 of 1 have chosen")
    ana.reload()
    expect(option(ana, "a")).to_have_attribute("aria-pressed", "true")
    expect(board.locator("#count")).to_have_text("1 here")


def test_the_twenty_questions(room):
    board, ana = room.board(), room.learner("Ana")
    board.get_by_text("Twenty questions before and after").click()
    board.get_by_role("button", name="Ask before the course").click()
    expect(ana.locator("fieldset")).to_have_count(20)
    for group in ana.locator("fieldset").all():
        group.get_by_role("radio").first.check()
    expect(ana.locator("#answered")).to_have_text("20 of 20 answered.")
    expect(board.locator("#inventory tbody tr").first).to_contain_text("… of 1")
    ana.reload()
    expect(ana.locator("fieldset input:checked")).to_have_count(20)
    board.get_by_role("button", name="Ask after the course").click()
    expect(ana.locator("fieldset input:checked")).to_have_count(0)
    expect(board.locator("#inventory tbody tr").first).to_contain_text("0 of 1")


def test_help_and_names(room):
    board = room.board()
    ana = room.learner("<img src=x onerror=document.title='mine'>"[:30])
    ana.get_by_role("button", name="I want help").click()
    expect(board.locator("#help")).to_have_text("One person.")
    board.get_by_label("Show the nicknames").check()
    expect(board.locator("#help-names li")).to_have_count(0)  # she has not allowed it
    board.get_by_role("button", name="All were helped").click()
    expect(board.locator("#help")).to_have_text("Nobody.")
    expect(ana.get_by_role("button", name="I want help")).to_be_visible()


def test_the_secrets_do_not_stay_in_the_address(room):
    board, ana = room.board(), room.learner("Ana")
    assert board.url == f"{room.at}/board"
    assert ana.url == f"{room.at}/"
    stranger = room.page()
    stranger.goto(f"{room.at}/board#wrong")
    expect(stranger.locator("#state")).to_contain_text("not the key of this class")
    expect(stranger.locator("main")).to_be_hidden()


def test_a_wrong_code_is_told_and_can_be_put_right(room):
    page = room.page()
    page.goto(room.at)
    page.get_by_label("The code on the board").fill("AAAA-AAAA")
    page.get_by_label("A nickname").fill("Ana")
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#state")).to_contain_text("not the code of this class")
    page.get_by_label("The code on the board").fill(room.server.storage.code.lower())
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#state")).to_have_text("You are in the class as Ana.")


def test_the_counts_are_saved_as_csv(room):
    board, ana = room.board(), room.learner("Ana")
    ask(board)
    option(ana, "a").click()
    expect(board.locator("#chosen")).to_have_text("1 of 1 have chosen")
    with board.expect_download() as download:
        board.get_by_role("button", name="Save the counts").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert "vote,03.p3,1,a,False,1" in lines
    assert "Ana" not in "".join(lines)


def answer_all(page, which):
    for group in page.locator("fieldset").all():
        group.get_by_role("radio").nth(which).check()
    page.get_by_role("button", name="I have answered all").click()


def test_twenty_questions_alone_at_home(window, tmp_path):
    """From disk, without a server: all (a) before the course, and all (b) after it."""
    file = tmp_path / "questions.html"
    file.write_text(twenty_questions(), encoding="utf-8")
    page = window.new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("button", name="I have answered all")).to_be_disabled()
    answer_all(page, 0)
    expect(page.locator("#state")).to_contain_text("Come back after the last lesson")
    assert page.locator(".mark").count() == 0  # nothing is given away
    page.reload()
    page.get_by_role("button", name="I have finished the course").click()
    answer_all(page, 1)
    right = [sum(each.right == letter for each in inventory()) for letter in "ab"]
    expect(page.locator("#score")).to_have_text(
        f"Before the course {right[0]} of 20 were right, after it {right[1]}."
    )
    first = next(each for each in inventory() if each.right != "b")
    shown = page.locator("#compared li").nth(int(first.number[1:]) - 1)
    expect(shown).to_contain_text(f"“{first.kills['b']}” Lesson {first.lesson} shows why")
    require_axe()
    paint = lambda scheme: page.emulate_media(color_scheme=scheme)  # noqa: E731
    assert violations(page, page.main_frame, paint) == []


def test_a_learner_whose_browser_keeps_nothing_takes_part(room):
    page = room.page()
    blocked = "{ get() { throw new DOMException('cookies are blocked', 'SecurityError') } }"
    page.add_init_script(f"Object.defineProperty(window, 'localStorage', {blocked})")
    page.goto(f"{room.at}/#code={room.server.storage.code}")
    page.get_by_label("A nickname").fill("Ana")
    page.get_by_role("button", name="Join").click()
    board = room.board()
    ask(board)
    option(page, "a").click()
    expect(board.locator("#chosen")).to_have_text("1 of 1 have chosen")


def test_a_browser_that_keeps_nothing_is_told_of_while_it_matters(window, tmp_path):
    """As where cookies are blocked; the page goes on, as long as it stays open."""
    file = tmp_path / "questions.html"
    file.write_text(twenty_questions(), encoding="utf-8")
    page = window.new_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('blocked') }")
    page.goto(file.as_uri())
    lost = page.get_by_role("alert")
    expect(lost).to_have_count(0)
    answer_all(page, 0)
    expect(page.locator("#state")).to_contain_text("Come back after the last lesson")
    expect(lost).to_contain_text("your answers are gone")
    page.get_by_role("button", name="I have finished the course").click()
    answer_all(page, 1)
    expect(page.locator("#score")).to_contain_text("Before the course")


@pytest.mark.weekly
def test_no_violation_on_either_page(room):
    require_axe()
    board, ana = room.board(), room.learner("Ana")
    ask(board)
    option(ana, "a").click()
    board.get_by_role("button", name="Show the result").click()
    board.get_by_role("button", name="Show which is right").click()
    expect(ana.locator(".mark")).to_be_visible()
    for page in (board, ana):
        paint = lambda scheme, page=page: page.emulate_media(color_scheme=scheme)  # noqa: E731
        assert violations(page, page.main_frame, paint) == []
    board.get_by_text("Twenty questions before and after").click()
    board.get_by_role("button", name="Ask before the course").click()
    expect(ana.locator("fieldset")).to_have_count(20)
    for page in (board, ana):
        paint = lambda scheme, page=page: page.emulate_media(color_scheme=scheme)  # noqa: E731
        assert violations(page, page.main_frame, paint) == []
