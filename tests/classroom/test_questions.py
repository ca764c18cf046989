"""The questions of the lessons and of the inventory are complete, and right."""

import json
import pathlib
import re

import pytest

from wsdemo.classroom.questions import inventory, predictions, questions
from wsdemo.course import lessons

ROOT = pathlib.Path(__file__).parents[2]


def notebook(tmp_path, *texts):
    file = tmp_path / "03_chat.ipynb"
    cells = [{"cell_type": "markdown", "source": [each]} for each in texts]
    file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return file


def test_a_question_with_its_options_and_its_answer(tmp_path):
    [question] = predictions(
        notebook(
            tmp_path,
            "## Who?\n\n> **Predict.** Who sees a [Pong](glossary.md#pong)? (a) Ana. (b) `Bob`.",
            "<details><summary>Answer</summary>\n\n(b). **Only he**.\n\n</details>",
        )
    )
    assert question.number == "03.p1"
    assert question.text == "Who sees a Pong?"
    assert question.options == {"a": "Ana.", "b": "`Bob`."}
    assert question.right == "b"


def test_options_right_after_the_word_belong_to_the_paragraph_before(tmp_path):
    [question] = predictions(
        notebook(
            tmp_path,
            "## Stop\n\nAna sends a stop.\n\n> **Predict.** (a) It stops. (b) It goes on.",
            "<details><summary>Answer</summary>\n\n(a).\n\n</details>",
        )
    )
    assert question.text == "Ana sends a stop."


@pytest.mark.parametrize(
    "answer", ["No details", "<details><summary>Answer</summary>\n\nOnly Ana.\n\n</details>"]
)
def test_a_question_without_an_answer_by_letter_is_not_for_a_vote(tmp_path, answer):
    assert predictions(notebook(tmp_path, "> **Predict.** Who? (a) Ana. (b) Bob.", answer)) == []


def test_the_lessons_have_questions():
    found = [each for each in questions().values() if ".p" in each.number]
    assert {each.lesson for each in found} >= {file.name[:2] for file in first_lessons()}
    assert len(found) > 90
    for each in found:
        assert all([each.text, *each.options.values()]), each
        assert "](" not in each.text + "".join(each.options.values()), each


def first_lessons():
    return sorted(lessons().glob("[0-9]*.ipynb"))[:21]


def test_the_inventory_has_twenty_questions_that_name_the_wrong_ideas():
    found = inventory()
    assert len(found) == 20
    names = {file.name[:2] for file in lessons().glob("[0-9]*.ipynb")}
    for each in found:
        assert each.lesson in names
        assert each.options.keys() == {*each.kills, each.right}, each.number
        assert each.right not in each.kills
        assert len(set(each.options.values())) == len(each.options) >= 3


def test_the_letters_of_the_inventory_give_nothing_away():
    letters = [each.right for each in inventory()]
    assert all(5 <= letters.count(letter) <= 9 for letter in "abc")


def test_the_inventory_can_be_read_in_ten_minutes():
    words = " ".join(f"{each.text} {' '.join(each.options.values())}" for each in inventory())
    assert len(words.split()) / 150 <= 10  # slow readers of English as a second language


def test_the_votes_of_the_plans_are_questions_of_these_lessons():
    text = (ROOT / "TEACHING.md").read_text("utf-8")
    named = re.findall(r'\b(\d\d) "([^"]+)"', text.partition("## 90 minutes")[2])
    assert len(named) == 7
    for lesson, words in named:
        asked = [each.text for each in questions().values() if each.lesson == lesson]
        assert any(words in each for each in asked), (lesson, words)
