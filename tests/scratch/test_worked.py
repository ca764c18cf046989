"""The worked answer of each stage: the judge accepts it, and the last one is the reference."""

import ast

import pytest

import wsdemo
from tests.judge.kit import REFERENCES
from tests.scratch.kit import side_of, written
from wsdemo import scratch
from wsdemo.scratch.growing import pieces

ENDS_OF_EVENINGS = (4, 7, 10, 14)
"""What a stage has broken is found at the end of its evening, too; the client is a reference."""


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(each, marks=[] if each in ENDS_OF_EVENINGS else pytest.mark.weekly)
        for each in scratch.STAGES
    ],
)
def test_after_a_stage_the_judge_accepts_it_and_all_before_it(stage, tmp_path):
    verdict = wsdemo.check(f"21.{stage}", written(tmp_path, stage))
    assert verdict.state == "right", verdict


def defined(source):
    """What a program defines, by name: the source of each function, method and constant."""
    found = {}
    for piece in pieces(source):
        if piece.methods:
            found |= {(*piece.names, name): text for name, text in piece.methods.items()}
            found[piece.names] = piece.head
        elif piece.kind in ("constant", "definition"):
            found[piece.names] = piece.text
    return found


@pytest.mark.parametrize("side", ["server", "client"])
def test_the_last_one_is_the_reference(side):
    reference = (REFERENCES / f"{side}.py").read_text(encoding="utf-8")
    grown = scratch.program_after(scratch.STAGES[-1], side)
    assert defined(grown) == defined(reference)
    imported = [{each.text for each in pieces(text) if each.kind == "import"}
                for text in (grown, reference)]  # fmt: skip
    assert imported[0] == imported[1]


@pytest.mark.parametrize("stage", scratch.STAGES)
def test_a_stage_brings_only_what_is_new(stage):
    """What a part repeats from the stage before it would hide what is new."""
    for side in ("server", "client"):
        before = defined(scratch.program_after(stage - 1, side))
        part = defined(scratch.part(stage, side))
        heads = {name for name in part if name == ("Connection",)}
        assert not [name for name in part.keys() - heads if part[name] == before.get(name)]


@pytest.mark.parametrize("stage", [0, *scratch.STAGES])
def test_a_program_uses_only_what_it_has(stage):
    """It is compiled, and each module that it uses is imported."""
    source = scratch.program_after(stage, side_of(stage))
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    imported = {name.removeprefix("import ") for each in pieces(source) for name in each.names}
    modules = {"asyncio", "base64", "binascii", "codecs", "contextlib", "hashlib", "os"}
    assert used & modules <= imported
