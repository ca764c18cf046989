"""The finished server that asks for a token."""

import logging

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from wsdemo.apps import auth

pytestmark = pytest.mark.usefixtures("nothing_left_running")

WRONG = [
    ("", {}),
    ("?token=", {}),
    ("?token=Sesame", {}),
    ("?token=sesame2", {}),
    ("?token=ses%C3%A4me", {}),
    ("?tokens=sesame", {}),
    ("", {"Authorization": "sesame"}),
    ("", {"Authorization": "Basic sesame"}),
    ("", {"Authorization": "Bearer wrong"}),
    ("", {"Authorization": "Bearer"}),
]
RIGHT = [
    ("?token=sesame", {}),
    ("/any/path?a=b&token=sesame", {}),
    ("", {"Authorization": "Bearer sesame"}),
    ("", {"Authorization": "bearer  sesame "}),
    ("?token=wrong", {"Authorization": "Bearer sesame"}),
]


@pytest.mark.parametrize(("where", "headers"), RIGHT)
@pytest.mark.parametrize("late", [False, True])
def test_who_knows_the_token_is_let_in(where, headers, late):
    with (
        auth.serve("sesame", refuse_after_open=late) as server,
        connect(server.url + where, additional_headers=headers) as client,
    ):
        assert client.recv(timeout=5) == "Welcome!"
        client.send("Hello")
        assert client.recv(timeout=5) == "You said: Hello"


@pytest.mark.parametrize(("where", "headers"), WRONG)
def test_others_are_refused_before_the_upgrade(where, headers):
    with auth.serve("sesame") as server, pytest.raises(InvalidStatus) as refused:
        connect(server.url + where, additional_headers=headers)
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"] == "Bearer"
    assert b"sesame" not in refused.value.response.body


@pytest.mark.parametrize(("where", "headers"), WRONG)
def test_or_closed_after_it_as_the_source_does(where, headers):
    with (
        auth.serve("sesame", refuse_after_open=True) as server,
        connect(server.url + where, additional_headers=headers) as client,
        pytest.raises(ConnectionClosed) as closed,
    ):
        client.recv(timeout=5)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Invalid token")


def test_a_foreign_page_is_refused_even_with_the_token():
    with auth.serve("sesame") as server, pytest.raises(InvalidStatus) as refused:
        connect(server.url + "?token=sesame", origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403


def test_without_a_token_it_makes_one_and_prints_it(capsys):
    with auth.serve() as server:
        token = capsys.readouterr().out.split()[-1]
        assert len(token) >= 20
        with connect(f"{server.url}?token={token}") as client:
            assert client.recv(timeout=5) == "Welcome!"


def test_an_empty_token_is_no_token():
    with pytest.raises(ValueError, match="empty token"):
        auth.serve("")


def test_the_token_lands_in_no_log_of_ours(caplog):
    with caplog.at_level(logging.INFO), auth.serve("sesame") as server:
        with connect(server.url + "?token=sesame") as client:
            client.recv(timeout=5)
        with pytest.raises(InvalidStatus):
            connect(server.url + "?token=guess")
    assert "sesame" not in caplog.text
    assert "guess" not in caplog.text


def test_the_page_needs_no_token(get):
    with auth.serve("sesame") as server:
        assert get(server)[0] == 200
