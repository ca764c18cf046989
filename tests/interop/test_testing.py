"""Lesson 17's test in JavaScript, under Node's own test runner."""

from tests.interop.programs import FOLDER, run_node

BROKEN = ("if (other !== ws) other.send", "other.send")


def run(node, file):
    lines, complaint = run_node(node, "--test", "--test-reporter=tap", file)
    assert complaint == ""
    return lines


def test_the_room_passes(require_node):
    assert "# pass 1" in run(require_node, "17_testing.mjs")


def test_a_broken_room_fails(require_node, tmp_path):
    """It sends a message back to its sender, too."""
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    source = (FOLDER / "17_testing.mjs").read_text(encoding="utf-8")
    assert BROKEN[0] in source
    file = tmp_path / "broken.mjs"
    file.write_text(source.replace(*BROKEN), encoding="utf-8")
    lines = run(require_node, file)
    assert "# fail 1" in lines
    assert any("ana: one" in line for line in lines)
