"""The page "One WebSocket connection, every byte": of a real recording, the same in every build."""

from tools import one_connection
from wsdemo.wire.explain import explain
from wsdemo.wire.explain.page import MOST


def test_the_site_has_the_page_byte_for_byte(site):
    """The site was built by another process, with other hashes of strings."""
    page = (site / one_connection.PAGE).read_bytes()
    assert page == one_connection.make_page().encode()
    assert len(page) <= MOST


def test_the_first_page_leads_to_it(site):
    assert f'<a href="{one_connection.PAGE}">' in (site / "index.html").read_text("utf-8")


def test_the_page_has_each_byte_of_the_recording():
    sent = {"to server": b"", "to client": b""}
    for direction, data in one_connection.load():
        sent[direction] += data
    units = explain(one_connection.load())
    for direction, data in sent.items():
        assert b"".join(unit.data for unit in units if unit.direction == direction) == data
    assert not [unit.problem for unit in units if unit.problem]
    page = one_connection.make_page()
    for span in (span for unit in units for span in unit.spans):
        assert f">{span.data.hex(' ')}<" in page


def test_the_recording_is_of_a_real_connection(tmp_path):
    """The command records the same conversation today, but for keys, masks, ports and versions."""
    now = one_connection.record()
    one_connection.save(now, tmp_path / "now.json")
    assert one_connection.load(tmp_path / "now.json") == now
    kept = explain(one_connection.load())
    assert [unit.title for unit in explain(now)] == [unit.title for unit in kept]
    assert now != one_connection.load()


def test_the_recording_has_what_lessons_speak_of():
    units = explain(one_connection.load())
    kinds = {(unit.direction, unit.title.split()[0]) for unit in units}
    for direction in ("to server", "to client"):
        for word in ("TEXT", "BINARY", "CLOSE"):
            assert (direction, word) in kinds
    titles = [unit.title for unit in units]
    first = titles.index("TEXT 'Is this ' (more follows)")
    assert titles[first + 1 : first + 3] == ["PING 'still there?'", "PONG 'still there?'"]
    assert titles[first + 3].startswith("CONTINUATION")
    assert [unit for unit in units if unit.spans[-1].section == "RFC 7692 §7.2.2"]


def test_the_command_makes_the_page(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert one_connection.main(["--page", str(page)]) == 0
    assert page.read_bytes() == one_connection.make_page().encode()
    assert capsys.readouterr().out == f"Open {page} in a browser.\n"
