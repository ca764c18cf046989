"""A program that grows: what a stage brings replaces what has the same name, and adds the rest."""

import ast
from dataclasses import dataclass, field
from typing import TypeGuard

__all__ = ["grow", "pieces"]

ENDING = "main"
"""The function before which new ones are put, where the part itself shows no better place."""


@dataclass
class Piece:
    """A statement of a module or of a class, with its lines.

    Attributes:
        names: what it defines; an import has the name of its module.
        text: its lines, as they were written.
        kind: ``"import"``, ``"constant"``, ``"definition"`` or ``"other"``.
        methods: those of a class, by their names.
        head: the lines of a class before its first method.
    """

    names: tuple[str, ...]
    text: str
    kind: str
    methods: dict[str, str] = field(default_factory=dict)
    head: str = ""


def grow(program: str, part: str) -> str:
    """Return a program with a part built in.

    A definition of the part replaces the one of the same name, and so does a method in a class.
    What is new is put before the next thing that the part and the program have both.

    Args:
        program: the source of a module in Python.
        part: the source of a few imports, constants, functions, classes and methods.
    """
    grown, new = pieces(program), pieces(part)
    for place in reversed(range(len(new))):
        piece = new[place]
        old = next((each for each in grown if each.names == piece.names), None)
        if piece.kind == "other":
            continue
        if old is None:
            at = _place_for(piece, new[place + 1 :], grown)
            grown.insert(at, piece)
        elif piece.methods:
            _merge(old, piece)
        else:
            old.text = piece.text
    return _written(grown)


def pieces(source: str) -> list[Piece]:
    """Take a module apart into its statements.

    Args:
        source: of a module in Python. What is between two statements, such as a comment in a line
            of its own, is lost.
    """
    return [_piece(statement, source.splitlines()) for statement in ast.parse(source).body]


def _piece(statement: ast.stmt, lines: list[str]) -> Piece:
    text = _lines(statement, lines)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        module = getattr(statement, "module", "") or statement.names[0].name
        return Piece((f"import {module}",), text, "import")
    if isinstance(statement, ast.Assign):
        names = (each.id for each in ast.walk(statement) if isinstance(each, ast.Name))
        return Piece(tuple(sorted(names)), text, "constant")
    if isinstance(statement, ast.ClassDef):
        functions = [each for each in statement.body if _is_function(each)]
        methods = {each.name: _lines(each, lines) for each in functions}
        head = lines[_first(statement) - 1 : _first(functions[0]) - 1] if functions else []
        return Piece((statement.name,), text, "definition", methods, "\n".join(head).rstrip())
    if _is_function(statement):
        return Piece((statement.name,), text, "definition")
    return Piece((), text, "other")


def _is_function(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _lines(statement: ast.stmt, lines: list[str]) -> str:
    """Return the lines of a statement, with the comment at the end of the last one."""
    return "\n".join(lines[_first(statement) - 1 : statement.end_lineno])


def _first(statement: ast.stmt) -> int:
    """Return the number of its first line; its decorators come before it."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _place_for(piece: Piece, after: list[Piece], grown: list[Piece]) -> int:
    """Return where a new piece belongs in a program."""
    known = {each.names: place for place, each in enumerate(grown)}
    for each in after:
        if each.kind == piece.kind and each.names in known:
            return known[each.names]
    if piece.kind == "definition":
        return known.get((ENDING,), len(grown))
    kinds = [each.kind for each in grown]
    last = piece.kind if piece.kind in kinds else "import"
    return len(kinds) - kinds[::-1].index(last)


def _merge(old: Piece, new: Piece) -> None:
    """Build the methods of a class into another."""
    for name in reversed(new.methods):
        if name in old.methods:
            old.methods[name] = new.methods[name]
            continue
        order = list(new.methods)
        later = order[order.index(name) + 1 :]
        known = next((each for each in later if each in old.methods), None)
        items = list(old.methods.items())
        at = list(old.methods).index(known) if known else len(items)
        items.insert(at, (name, new.methods[name]))
        old.methods = dict(items)
    if '"""' in new.head:
        old.head = new.head
    bodies = list(old.methods.values())
    first = f"{old.head}\n\n{bodies[0]}" if '"""' in old.head else f"{old.head}\n{bodies[0]}"
    old.text = "\n\n".join([first, *bodies[1:]])


def _written(grown: list[Piece]) -> str:
    """Put the pieces together again: imports sorted, two empty lines around a definition."""
    imports = sorted((each for each in grown if each.kind == "import"), key=_order_of_import)
    others = [each for each in grown if each.kind == "other"]
    blocks = [each.text for each in others[:1]]
    blocks.append("\n".join(each.text for each in imports if not _is_own(each)))
    blocks += [each.text for each in imports if _is_own(each)]
    constants = "\n".join(each.text for each in grown if each.kind == "constant")
    blocks += [constants] if constants else []
    definitions = [each.text for each in grown if each.kind == "definition"]
    ending = [each.text for each in others[1:]]
    return "\n\n".join(blocks) + "\n\n\n" + "\n\n\n".join([*definitions, *ending]) + "\n"


def _is_own(piece: Piece) -> bool:
    """Whether a piece imports a module beside the program."""
    return piece.names == ("import server",)


def _order_of_import(piece: Piece) -> tuple[bool, str]:
    return piece.text.startswith("from"), piece.names[0]
