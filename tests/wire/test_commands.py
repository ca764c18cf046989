"""What is typed to break a connection, and the Python that it stands for."""

import ast

import pytest

import wsdemo
from wsdemo.wire.commands import COMMANDS, HELP, parse


@pytest.mark.parametrize(
    ("typed", "python"),
    [
        ("freeze", "wire.freeze()"),
        (" Freeze  TO  server ", 'wire.freeze("to server")'),
        ("thaw to client", 'wire.thaw("to client")'),
        ("cut", "wire.cut()"),
        ("cut to server", 'wire.cut("to server")'),
        ("delay 0.5", "wire.delay(0.5)"),
        ("delay 0", "wire.delay(0)"),
        ("delay 2 to client", 'wire.delay(2, "to client")'),
        ("throttle 1000", "wire.throttle(1000)"),
        ("throttle off", "wire.throttle(None)"),
        ("throttle off to server", 'wire.throttle(None, "to server")'),
    ],
)
def test_a_command_is_a_call(typed, python):
    call = parse(typed)
    assert str(call) == python
    done = []

    class Wire:
        def __getattr__(self, name):
            return lambda *arguments: done.append((name, *arguments))

    call.make(Wire())
    made, done[:] = done[:], []
    eval(python, {"wire": Wire()})
    assert made == done, "the Python that is printed does the same"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("melt", "there is no command 'melt': type help for the list"),
        ("freeze 5", "after freeze there can be a direction only: freeze to server, or freeze to"),
        ("freeze server", "freeze to server, or freeze to client"),
        ("delay", "delay takes seconds: delay 0.5"),
        ("delay 1 2", "delay takes seconds"),
        ("delay half", "delay takes seconds"),
        ("delay off", "delay takes seconds"),
        ("throttle", "throttle takes bytes a second: throttle 1000, or throttle off"),
        ("throttle 1k to client", "throttle takes bytes a second"),
    ],
)
def test_what_is_no_command_is_told_with_an_example(typed, told):
    with pytest.raises(ValueError, match=r"\A.+\Z") as refused:
        parse(typed)
    assert told in str(refused.value)


@pytest.mark.parametrize("typed", ["delay -1", "delay nan", "delay inf", "throttle 0"])
def test_a_number_that_makes_no_sense_is_refused_by_the_wire(wire, typed):
    with pytest.raises(ValueError, match="is a finite number"):
        parse(typed).make(wire)


def test_help_has_each_command_and_python_that_exists():
    for line in HELP.splitlines()[: len(COMMANDS)]:
        name, *_, python = line.split()
        assert name in COMMANDS
        call = ast.parse(python, mode="eval").body
        assert hasattr(wsdemo.Wire, call.func.attr)
        assert str(parse(" ".join([name, *(ast.unparse(each) for each in call.args)]))) == python
