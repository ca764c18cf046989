"""A rehearsal of the 90 minutes: three JupyterLabs and three telephones against the board.

As a command it plays the plan, from joining to the last vote, without the pauses for people. It
prints a line for each step, with the seconds since the start, and stops where something is not as
TEACHING.md promises::

    python -m tests.browser.rehearsal [--pictures FOLDER]
"""

import argparse
import contextlib
import json
import pathlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import expect

from tests.browser.lab import Jupyter, chromium, desk, jupyter, opened, run_all, window
from tests.classroom.kit import RunningClass

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("Ana", "Bob", "Eve")

VOTES = {
    "00_start_here.ipynb": ("Which server answers while the cell sleeps?", "aab", "c"),
    "01_upgrade.ipynb": ("What does the server answer?", "abb", "b"),
    "02_echo.ipynb": ("This handler has no loop", "acb", "b"),
    "03_chat.ipynb": ("Eve sends plain hello", "bbc", "b"),
}
"""For each lesson of the plan: a question, what the three choose first, and what is right."""

HEXADECIMAL = """lambda key: __import__("hashlib").sha1(
    (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
).hexdigest()"""

ANSWERS = {
    "00_start_here.ipynb": [
        ("00.2", "5", "the other line"),
        ("00.2", "5", "the other line"),
        ("00.2", "4", ""),
    ],
    "01_upgrade.ipynb": [
        ("01.1", HEXADECIMAL, "hexadecimal digits"),
        ("01.1", HEXADECIMAL, "hexadecimal digits"),
        ("01.3", "{'no key': 400, 'foreign origin': 403, 'no upgrade': 426}", ""),
    ],
}
"""For some lessons: an exercise, an answer and what is wrong with it, for each of the three."""


def prepare(
    server: Jupyter, lesson: str, answer: tuple[str, str, str] | None, join: str = ""
) -> None:
    """Put a lesson into a learner's copy, as if the learner had typed into it.

    Args:
        server: the learner's JupyterLab.
        lesson: the notebook.
        answer: an exercise and what the learner answers to it.
        join: a line to run after the imports.
    """
    (server.root / ".wsdemo").mkdir(exist_ok=True)
    if not (server.root / "javascript").exists():
        shutil.copytree(ROOT / "notebooks/javascript", server.root / "javascript", symlinks=True)
    book = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))
    place = next(i for i, cell in enumerate(book["cells"]) if cell["cell_type"] == "code") + 1
    if join:
        book["cells"].insert(place, code("joining", join))
    if answer:
        number, text, _ = answer
        book["cells"].append(code("answering", f"wsdemo.check({number!r}, {text})"))
    (server.root / lesson).write_text(json.dumps(book), encoding="utf-8")


def code(name: str, source: str) -> dict[str, Any]:
    """A code cell that nobody has run."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def output(cells: list[dict[str, Any]], name: str) -> str:
    """What a cell has shown, as text."""
    [cell] = [each for each in cells if each["id"] == name]
    return "".join("".join(each.get("data", {}).get("text/plain", "")) for each in cell["outputs"])


def join_class(page: Any, made: RunningClass, name: str) -> None:
    """Let a telephone in."""
    page.goto(f"http://{made.place}/")
    page.get_by_label("The code on the board").fill(made.code.lower())
    page.get_by_label("A nickname").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#state")).to_have_text(f"You are in the class as {name}.")


def choose(phone: Any, letter: str) -> None:
    """Vote on a telephone."""
    phone.locator(f'#options [data-letter="{letter}"]').click()


def vote(board: Any, phones: list[Any], lesson: str, say: Any) -> None:
    """Put a question, reveal, discuss, ask again, and show the answer."""
    words, first, right = VOTES[lesson]
    board.get_by_label("Lesson").select_option(lesson[:2])
    row = board.locator("#choosing #questions li").filter(has_text=words)
    row.get_by_role("button", name="Ask").click()
    for phone, letter in zip(phones, first, strict=True):
        choose(phone, letter)
    expect(board.locator("#chosen")).to_have_text(f"{len(phones)} of {len(phones)} have chosen")
    board.get_by_role("button", name="Show the result").click()
    expect(board.locator(".bar").first).to_be_visible()
    wrong = sum(letter != right for letter in first)
    say(f"{lesson[:2]} vote: {wrong} of {len(first)} wrong; a discussion")
    board.get_by_role("button", name="Ask again").click()
    for phone in phones:
        choose(phone, right)
    expect(board.locator("#chosen")).to_have_text(f"{len(phones)} of {len(phones)} have chosen")
    board.get_by_role("button", name="Show the result").click()
    board.get_by_role("button", name="Show which is right").click()
    expect(board.locator(".right .bar").last).to_have_text(f"round 2: {len(phones)} (100 %)")
    for phone in phones:
        expect(phone.locator(".right .mark")).to_be_visible()
    say(f"{lesson[:2]} vote: all are right after it")


@contextlib.contextmanager
def room() -> Iterator[tuple[RunningClass, Any, list[Any], list[tuple[Jupyter, Any]]]]:
    """A class, its board, three telephones, and three JupyterLabs, each with its own server."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        pathlib.Path(folder, ".wsdemo").mkdir()
        made = RunningClass(folder, "--port", "0")
        stack.callback(made.program.kill)
        browser = stack.enter_context(chromium())
        board = stack.enter_context(window(browser)).new_page()
        board.goto(made.board)
        phones = [
            stack.enter_context(window(browser, width=390, height=800)).new_page() for _ in NAMES
        ]
        labs = []
        for _ in NAMES:
            server = stack.enter_context(jupyter())
            labs.append((server, stack.enter_context(desk(browser, server))))
        yield made, board, phones, labs


def play(say: Any, pictures: pathlib.Path | None = None) -> None:
    """Play the plan."""
    expect.set_options(timeout=30_000)
    with room() as (made, board, phones, labs):
        say("three JupyterLabs are open")
        for phone, name in zip(phones, NAMES, strict=True):
            join_class(phone, made, f"{name}'s phone")
        expect(board.locator("#count")).to_have_text("3 here")
        say("three telephones have joined")
        for lesson in VOTES:
            vote(board, phones, lesson, say)
            run_lesson(made, lesson, labs)
            say(f"{lesson[:2]} has run in three JupyterLabs")
            if pictures:
                board.screenshot(path=pictures / f"{lesson[:2]}.png", full_page=True)
            if lesson in ANSWERS:
                number, _, wrong = ANSWERS[lesson][0]
                shared = board.locator("#diagnoses li").filter(has_text=f"2 × {number}")
                expect(shared).to_have_count(1)
                say(f"{lesson[:2]} the board shows what two have in common: {wrong}")
        phones[1].get_by_role("button", name="I want help").click()
        expect(board.locator("#help")).to_have_text("One person.")
        board.get_by_role("button", name="All were helped").click()
        expect(board.locator("#help")).to_have_text("Nobody.")
        say("help was asked for, and given")
        board.get_by_text("Twenty questions before and after").click()
        board.get_by_role("button", name="Ask after the course").click()
        for phone in phones:
            expect(phone.locator("fieldset")).to_have_count(20)
            for group in phone.locator("fieldset").all():
                group.get_by_role("radio").first.check()
            expect(phone.locator("#answered")).to_have_text("20 of 20 answered.")
        last = board.locator("#inventory tbody tr").last.locator("td").last
        expect(last).to_have_text(re.compile(r"\d of 3"))
        say("the last vote: twenty questions of three people")
        say(made.end().strip().splitlines()[-1])


def run_lesson(made: RunningClass, lesson: str, labs: list[tuple[Jupyter, Any]]) -> None:
    """Run a lesson in all JupyterLabs at once, with each learner's answer at its end."""
    with contextlib.ExitStack() as stack:
        for place, (server, page) in enumerate(labs):
            answer = ANSWERS[lesson][place] if lesson in ANSWERS else None
            join = f"wsdemo.join({made.place!r}, {made.code!r}, {NAMES[place]!r})"
            prepare(server, lesson, answer, join if lesson.startswith("00") else "")
            stack.enter_context(opened(page, lesson))
        for place, (_, page) in enumerate(labs):
            cells = run_all(page)
            if lesson.startswith("00"):
                assert "has joined the class" in output(cells, "joining"), cells
            if lesson in ANSWERS:
                shown = output(cells, "answering")
                right = not ANSWERS[lesson][place][2]
                assert shown.startswith("✓" if right else ("✗", "…")), shown


def main() -> None:
    """Play it once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=pathlib.Path, help="a folder for pictures of the board")
    began = time.monotonic()
    play(
        lambda text: print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True),
        parser.parse_args().pictures,
    )


if __name__ == "__main__":
    main()
