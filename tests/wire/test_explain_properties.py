"""Each byte of any conversation is in exactly one span, which has all that a span must have."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.explain_kit import cut_into_pieces, talks
from wsdemo.wire.explain import Explanation, explain
from wsdemo.wire.explain.fields import HEADERS
from wsdemo.wire.explain.page import MOST
from wsdemo.wire.explain.spans import KINDS
from wsdemo.wire.link import DIRECTIONS


def numbers(text):
    """The sections of an RFC: ``5.1-8`` stands for 5.1 to 5.8, and each part of one is one."""
    found = set()
    for each in text.split():
        head, dot, last = each.rpartition(".")
        first, _, end = last.partition("-")
        for number in range(int(first), int(end or first) + 1):
            parts = f"{head}{dot}{number}".split(".")
            found |= {".".join(parts[: size + 1]) for size in range(len(parts))}
    return found


SECTIONS = {
    "6455": numbers(
        "1.1-9 2.1 3 4.1 4.2.1-2 4.3-4 5.1-8 5.5.1-3 6.1-2 7.1.1-7 7.2.1-3 7.3 7.4.1-2 8.1 9.1-2 "
        "10.1-8 11.1.1-2 11.2 11.3.1-5 11.4-8 12-14"
    ),
    "7692": numbers(
        "1-4 5.1-2 6.1-2 7.1.1.1-2 7.1.2.1-2 7.1.3 7.2.1-2 7.2.3.1-6 7.3 8 9.1-2 10-11"
    ),
    "9110": numbers(
        "1.1-4 2.1-5 3.1-9 4.1 4.2.1-5 4.3.1-5 5.1-5 5.6.1-7 6.1-5 6.5.1-2 6.6.1-2 7.1-5 7.6.1-3 "
        "7.7-8 8.1-8 9.1 9.2.1-3 9.3.1-8 10.1.1-5 10.2.1-4 11.1-5 11.6.1-3 11.7.1-3 12.1-3 "
        "12.4.1-3 12.5.1-5 13.1.1-5 13.2.1-2 14.1-6 15.1 15.2.1-2 15.3.1-7 15.4.1-9 15.5.1-22 "
        "15.6.1-6 16-19"
    ),
    "9112": numbers(
        "1.1-2 2.1-3 3.1 3.2.1-4 3.3 4 5.1-2 6.1-3 7.1.1-3 7.2-4 8 9.1-8 10.1-2 11.1-5 12.1-4"
    ),
}
"""The sections that there are, by the RFC's number."""


def exists(section):
    match = re.fullmatch(r"RFC (\d+) §([0-9.]+)", section)
    return match is not None and match[2] in SECTIONS.get(match[1], ())


def test_the_table_of_sections_is_read_as_it_is_meant():
    assert numbers("5.1-2 7.1.3") == {"5", "5.1", "5.2", "7", "7.1", "7.1.3"}
    assert exists("RFC 6455 §5.2")
    assert not exists("RFC 6455 §5.9")
    assert not exists("RFC 2616 §4")


def test_the_sections_of_all_header_fields_are_there():
    assert [name for name, (_, section) in HEADERS.items() if not exists(section)] == []


def joined(units, direction):
    return [unit for unit in units if unit.direction == direction]


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_each_byte_is_in_exactly_one_span(data):
    client, server = data.draw(talks())
    units = explain(data.draw(cut_into_pieces(client, server)), connection=3)
    for direction, sent in zip(DIRECTIONS, (client, server), strict=True):
        at = 0
        for unit in joined(units, direction):
            assert unit.offset == at, "no gap and no overlap"
            at += len(unit.data)
            assert "incomplete" not in unit.title or at == len(sent), "the last one at most"
        assert b"".join(unit.data for unit in joined(units, direction)) == sent
    assert {unit.connection for unit in units} <= {3}
    for unit in units:
        assert unit.title
        assert unit.spans
        for span in unit.spans:
            assert span.data
            assert span.kind in KINDS
            assert all((span.name, span.value, span.meaning)), span
            assert exists(span.section), span.section
            assert span.clear is None or len(span.clear) == len(span.data)
            if span.bits:
                assert len(span.data) == 1
                written = "".join(f"{each.value:0{each.width}b}" for each in span.bits)
                assert int(written, 2) == span.data[0]
                assert len(written) == 8


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_how_the_network_cuts_the_bytes_does_not_matter(data):
    client, server = data.draw(talks())
    whole = explain([("to server", client), ("to client", server)])
    cut = explain(data.draw(cut_into_pieces(client, server)))
    for direction in DIRECTIONS:
        assert joined(cut, direction) == joined(whole, direction)


@settings(max_examples=40, deadline=None)
@given(talks())
def test_any_conversation_can_be_shown(sent):
    explained = Explanation(explain(zip(DIRECTIONS, sent, strict=True)), exact=True)
    assert str(explained)
    page = explained.html()
    assert len(page.encode()) <= MOST
    shown = re.findall(r'data-at="\d+"[^>]*>([0-9a-f ]*)', page)
    assert [bytes.fromhex(each) for each in shown] == [span.data[:256] for span in explained.spans]
