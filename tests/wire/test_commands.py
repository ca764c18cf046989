"""What is typed to break a connection, and the Python that it stands for."""

import ast
import re

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
        ("inject text Hello to client", 'wire.inject("Hello", "to client")'),
        ("Inject TEXT  Two  Words to SERVER", 'wire.inject(" Two  Words", "to server")'),
        ("inject text to client", 'wire.inject("", "to client")'),
        ("inject text go to client to server", 'wire.inject("go to client", "to server")'),
        (
            'inject text say "\\ü\n\u202e" to client',
            r'wire.inject("say \"\\ü\n\u202e\"", "to client")',
        ),
        ("inject binary 00ff to server", "wire.inject(b'\\x00\\xff', \"to server\")"),
        ("inject ping alive? to client", 'wire.inject("alive?", "to client", kind="ping")'),
        ("inject pong to server on 2", 'wire.inject("", "to server", kind="pong", connection=2)'),
        ("inject close to client", 'wire.inject("", "to client", kind="close", code=1000)'),
        (
            "inject close 1001 going away to client",
            'wire.inject("going away", "to client", kind="close", code=1001)',
        ),
        ("inject raw 81 00 to client", 'wire.inject(b\'\\x81\\x00\', "to client", kind="raw")'),
    ],
)
def test_a_command_is_a_call(typed, python):
    call = parse(typed)
    assert str(call) == python
    done = []

    class Wire:
        def __getattr__(self, name):
            return lambda *arguments, **options: done.append((name, *arguments, options))

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
        ("inject", "inject takes text, binary, ping, pong, close or raw, data and a direction: "),
        ("inject text Hello", "a direction: inject text Hello to client"),
        ("inject word Hello to client", "inject takes text, binary"),
        ("inject text Hi to client on two", "inject takes text, binary"),
        ("inject binary 0g to server", "binary takes bytes in hexadecimal: inject binary 00 ff"),
        ("inject raw 5 to server", "raw takes bytes in hexadecimal: inject raw 00 ff to client"),
        ("inject close bye to client", "close takes a code, and then a reason: inject close 1001"),
    ],
)
def test_what_is_no_command_is_told_with_an_example(typed, told):
    with pytest.raises(ValueError, match=r"\A.+\Z") as refused:
        parse(typed)
    assert told in str(refused.value)


def test_an_injection_without_a_connection_is_refused_by_the_wire(wire):
    with pytest.raises(LookupError, match="no connection is open"):
        parse("inject text x to client").make(wire)


@pytest.mark.parametrize(
    "typed", ["inject close 1006 to client", f"inject ping {'x' * 126} to client"]
)
def test_an_injection_that_makes_no_sense_is_refused_by_the_wire(wire, typed):
    with pytest.raises(ValueError, match="RFC 6455"):
        parse(typed).make(wire)


@pytest.mark.parametrize("typed", ["delay -1", "delay nan", "delay inf", "throttle 0"])
def test_a_number_that_makes_no_sense_is_refused_by_the_wire(wire, typed):
    with pytest.raises(ValueError, match="is a finite number"):
        parse(typed).make(wire)


def test_help_has_each_command_and_python_that_exists():
    for line in HELP.splitlines()[: len(COMMANDS)]:
        name, *_, python = re.split(" {2,}", line)
        name = name.split()[0]
        assert name in COMMANDS
        call = ast.parse(python, mode="eval").body
        assert hasattr(wsdemo.Wire, call.func.attr)
        words = [str(ast.literal_eval(each)) for each in call.args]
        assert str(parse(" ".join([name, *["text"] * (name == "inject"), *words]))) == python


@pytest.mark.parametrize("example", re.findall("inject [a-z]+ [^:]*? to [a-z]+(?: on 2)?", HELP))
def test_the_examples_of_the_help_are_commands(example):
    assert parse(example).method == "inject"


def test_the_help_has_an_example_of_nearly_each_kind():
    assert len(re.findall("inject [a-z]+ [^:]*? to [a-z]+(?: on 2)?", HELP)) == 6
