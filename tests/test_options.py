"""Numbers that make no sense are refused, in words that say which do."""

import math

import pytest

from wsdemo.apps import chat, echo
from wsdemo.options import check_number


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0, {"least": 0}),
        (0.5, {"above": 0}),
        (65535, {"least": 0, "most": 65535, "whole": True}),
        (3.0, {"least": 1, "whole": True}),
        (2**64, {"least": 1, "whole": True}),
    ],
)
def test_what_makes_sense_passes(value, rule):
    check_number("it", value, **rule)


@pytest.mark.parametrize(
    ("value", "rule", "told"),
    [
        (-1, {"least": 0}, "it is a finite number, 0 or more, not -1"),
        (0, {"above": 0, "unit": "s"}, "it is a finite number, more than 0 s, not 0"),
        (math.nan, {"least": 0, "unit": "s"}, "it is a finite number, 0 s or more, not nan"),
        (math.inf, {"above": 0}, "it is a finite number, more than 0, not inf"),
        (1.5, {"least": 1, "whole": True}, "it is a whole number, 1 or more, not 1.5"),
        (9, {"least": 1, "most": 8, "whole": True}, "it is a whole number, from 1 to 8, not 9"),
        (10**400, {"least": 1, "whole": True}, f"it is a whole number, 1 or more, not {10**400}"),
    ],
)
def test_what_makes_none_is_refused(value, rule, told):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - all of it is compared
        check_number("it", value, **rule)
    assert str(refused.value) == told


@pytest.mark.parametrize("value", ["5", None, 1j])
def test_what_is_no_number_is_another_error(value):
    with pytest.raises(TypeError, match="it is a number, not"):
        check_number("it", value, least=0)


@pytest.mark.parametrize(
    "wrong", [{"name_length": 0}, {"heartbeat": -1}, {"heartbeat": math.nan}, {"history": 0}]
)
def test_a_chat_from_python_is_checked_as_well(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is a .* number, "):
        chat.serve(**wrong)


def test_a_port_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="port is a whole number, from 0 to 65535, not 70000"):
        echo.serve(port=70_000)
