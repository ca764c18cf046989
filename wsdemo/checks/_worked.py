"""Hints and worked answers: data in ``notebooks/solutions``, which is read and never run."""

import ast
import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsdemo.course import lessons

__all__ = ["Worked", "worked"]

STAGES_OF = "21."
"""The exercises of this lesson go on from one another."""


@dataclass(frozen=True)
class Worked:
    """The texts about an exercise that a learner may read.

    Attributes:
        source: the worked answer, with all that it uses.
        hints: from the general to the particular.
        why: why the worked answer is written so.
        is_offered: whether a learner may open the worked answer before their own is right, because
            the next exercise goes on from it.
    """

    source: str = ""
    hints: tuple[str, ...] = ()
    why: str = ""
    is_offered: bool = False


def worked(number: str) -> Worked:
    """Return the texts about an exercise, such as ``"03.1"``."""
    folder = lessons() / "solutions"
    about = _texts(folder).get(number, {})
    is_stage = number.startswith(STAGES_OF)
    source = _stage(number) if is_stage else _answers(folder).get(number, "")
    return Worked(source, tuple(about.get("hints", ())), about.get("why", ""), is_stage)


@functools.cache
def _texts(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the hints and reasons, by the exercise's number."""
    return tomllib.loads((folder / "hints.toml").read_text(encoding="utf-8"))


@functools.cache
def _answers(folder: Path) -> dict[str, str]:
    """Return the sources of the worked answers, by the exercise's number."""
    texts = (file.read_text(encoding="utf-8") for file in folder.glob("[0-9]*.py"))
    return {number: source for text in texts for number, source in _sources(text)}


def _stage(number: str) -> str:
    """Return what a stage of lesson 21 brings to each of the two programs."""
    from wsdemo.scratch import part  # it needs the judge, and no other exercise does

    stage = int(number.removeprefix(STAGES_OF))
    parts = {side: part(stage, side) for side in ("server", "client")}
    return "\n\n".join(f"# {side}.py\n{text}".strip() for side, text in parts.items() if text)


def _sources(text: str) -> Iterator[tuple[str, str]]:
    """Take a file of worked answers apart: the number and the source of each."""
    statements = ast.parse(text).body
    [table] = [each for each in statements if "answers" in _binds(each)]
    assert isinstance(table, ast.Assign)
    assert isinstance(table.value, ast.Dict)
    for key, value in zip(table.value.keys, table.value.values, strict=True):
        assert key is not None
        yield ast.literal_eval(key), _with_all_it_uses(text, statements, value)


def _with_all_it_uses(text: str, statements: list[ast.stmt], answer: ast.expr) -> str:
    """Return the statements of a module that an expression needs, in their order."""
    needed: list[ast.stmt] = []
    names = _names(answer)
    while names:
        name = names.pop()
        for statement in statements:
            if name in _binds(statement) and statement not in needed:
                needed.append(statement)
                names |= _names(statement)
    needed.sort(key=statements.index)
    parts = [_segment(text, statement) for statement in needed]
    if not isinstance(answer, ast.Name):
        parts.append(ast.get_source_segment(text, answer) or "")
    return "\n".join(parts).strip()


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _binds(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).partition(".")[0] for each in statement.names}
    if isinstance(statement, ast.Assign):
        return {each.id for each in statement.targets if isinstance(each, ast.Name)}
    name = getattr(statement, "name", None)
    return {name} if name else set()


def _segment(text: str, statement: ast.stmt) -> str:
    """Return a statement as it was written; an empty line comes before a definition."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    lines = text.splitlines()[first - 1 : statement.end_lineno]
    apart = "" if isinstance(statement, ast.Import | ast.ImportFrom) else "\n"
    return apart + "\n".join(lines)
