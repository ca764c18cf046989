"""Answers to exercise 05.1: mistakes, what is no answer yet, unusual right ones."""

import functools
import hashlib
import hmac
import secrets
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

TOKEN = "k3-ana-7Qz"

HEADER = f"Bearer {TOKEN}"


async def secret(connection):
    await connection.send("the secret")


def door(gate, handler=secret):
    return {"process_request": gate, "handler": handler}


def header_of(request):
    return request.headers.get("Authorization", "")


def gate_if(lets_in, status=401):
    """A gate that is right but for what it lets in, or but for its status."""

    def gate(connection, request):
        if lets_in(header_of(request)):
            return None
        return connection.respond(status, "Who are you?\n")

    return gate


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def is_right(header):
    return same(header, HEADER)


def compares_token(header):
    return header.startswith("Bearer ") and header.split(" ")[1] == TOKEN


def strips_letters(header):
    return same(header.strip("Bearer "), TOKEN)  # noqa: B005


def compares_header(header):
    if header != HEADER:  # noqa: SIM103 - the operator is the mistake
        return False
    return True


def any_user(header):
    known = {TOKEN: "ana", "k3-bob-X1f": "bob"}
    return header.removeprefix("Bearer ") in known and header.startswith("Bearer ")


def token_in_url(connection, request):
    token = parse_qs(urlsplit(request.path).query).get("token", [""])[0]
    return None if same(token, TOKEN) else connection.respond(401, "Who are you?\n")


def forgets_return(connection, request):
    if not is_right(header_of(request)):
        connection.respond(401, "Who are you?\n")


def dies_without_header(connection, request):
    if not is_right(request.headers["Authorization"]):
        return connection.respond(401, "Who are you?\n")


def dies_of_other_letters(connection, request):
    # compare_digest raises TypeError for text that is not ASCII
    if not hmac.compare_digest(header_of(request), HEADER):
        return connection.respond(401, "Who are you?\n")


def returns_false(connection, request):
    return None if is_right(header_of(request)) else False


def returns_true_for_ana(connection, request):
    if is_right(header_of(request)):
        return True
    return connection.respond(401, "Who are you?\n")


def returns_a_status(connection, request):
    return None if is_right(header_of(request)) else 401


async def closes_in_the_gate(connection, request):
    if not is_right(header_of(request)):
        await connection.close(1008, "Who are you?")


async def closes_in_the_handler(connection):
    if not is_right(header_of(connection.request)):
        await connection.close(1008, "Who are you?")
        return
    await connection.send("the secret")


def refuses_everybody(connection, request):
    return connection.respond(401, "Who are you?\n")


def other_way_round(connection, request):
    return connection.respond(401, "Who are you?\n") if is_right(header_of(request)) else None


def has_a_typo(connection, request):
    return None if is_right(header_off(request)) else connection.respond(401, "")  # noqa: F821


async def silent_handler(connection):
    pass


def lets_all_in(connection, request):
    return None


def by_expression(connection, request):
    header = request.headers.get("Authorization") or ""
    return None if is_right(header) else connection.respond(401, "")


class Gate:
    def __init__(self, token):
        self.token = token

    def __call__(self, connection, request):
        scheme, _, token = header_of(request).partition(" ")
        if scheme.lower() == "bearer" and secrets.compare_digest(
            token.encode(), self.token.encode()
        ):
            return None
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "Bearer, please\n")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response


def gate_for(token, connection, request):
    words = header_of(request).split()
    known = len(words) == 2 and words[0] == "Bearer" and same(words[1], token)
    return None if known else connection.respond(401, "no")


async def async_gate(connection, request):
    digest = hashlib.sha256(header_of(request).encode()).digest()
    if digest != hashlib.sha256(HEADER.encode()).digest():
        return connection.respond(401, "no")


def by_lookup(connection, request):
    header = header_of(connection.request)
    if header[:7] == "Bearer " and {TOKEN: "ana"}.get(header[7:]) == "ana":
        return None
    return connection.respond(401, "no")


async def says_it_and_stays(connection):
    await connection.send("the secret")
    await connection.wait_closed()


MISTAKES = [
    ("05.1", door(gate_if(compares_header)), "your function compares the token with !=, which"),
    ("05.1", door(gate_if(compares_token)), "your function compares the token with ==, which"),
    (
        "05.1",
        door(gate_if(lambda header: header in [HEADER])),
        "your function compares the token with ==, which",
    ),
    ("05.1", door(gate_if(is_right, 403)), "a client without the header got"),
    ("05.1", door(None, closes_in_the_handler), "a client without the header was"),
    ("05.1", door(lets_all_in, closes_in_the_handler), "a client without the header was"),
]

HINTS = [
    ("05.1", door(lets_all_in), "a client without the header was let in"),
    ("05.1", door(gate_if(bool)), "a client with a wrong token was let in"),
    (
        "05.1",
        door(gate_if(lambda header: header.startswith("Bearer "))),
        "a client with a wrong token was let in",
    ),
    (
        "05.1",
        door(gate_if(lambda header: TOKEN in header)),
        "a client with the token and more after it",
    ),
    (
        "05.1",
        door(gate_if(lambda header: header.endswith(TOKEN))),
        "a client with more before the token was let",
    ),
    (
        "05.1",
        door(gate_if(lambda header: header.startswith(HEADER))),
        "a client with the token and more after it",
    ),
    (
        "05.1",
        door(gate_if(lambda header: same(header.lower(), HEADER.lower()))),
        "a client with the token in lower case was",
    ),
    (
        "05.1",
        door(gate_if(lambda header: same(header, TOKEN))),
        "the client with the right token did not",
    ),
    (
        "05.1",
        door(gate_if(strips_letters)),
        "a client with the token and letters of",
    ),
    ("05.1", door(gate_if(any_user)), "a client with Bob"),
    ("05.1", door(gate_if(is_right, 200)), "a client without the header got"),
    ("05.1", door(gate_if(is_right, 500)), "a client without the header got"),
    ("05.1", door(gate_if(is_right, 426)), "a client without the header got"),
    ("05.1", door(token_in_url), "the client with the right token did not"),
    ("05.1", door(forgets_return), "a client without the header was let in"),
    ("05.1", door(dies_without_header), "a client without the header got"),
    ("05.1", door(dies_of_other_letters), "a client with a token that is not ASCII got"),
    ("05.1", door(returns_false), "a client without the header got no HTTP"),
    ("05.1", door(returns_true_for_ana), "the client with the right token did not"),
    ("05.1", door(returns_a_status), "a client without the header got no HTTP"),
    ("05.1", door(closes_in_the_gate), "a client without the header got no HTTP"),
    ("05.1", door(refuses_everybody), "the client with the right token did not"),
    ("05.1", door(other_way_round), "a client without the header was let in"),
    ("05.1", door(has_a_typo), "a client without the header got"),
    ("05.1", door(gate_if(is_right), silent_handler), "the client with the right token did not"),
    ("05.1", gate_if(is_right), "leave the dictionary `door` with its two"),
    ("05.1", door(401), "a client without the header got"),
]

RIGHT = [
    ("05.1", door(gate_if(is_right))),
    ("05.1", door(Gate(TOKEN))),
    ("05.1", door(functools.partial(gate_for, TOKEN))),
    ("05.1", door(async_gate)),
    ("05.1", door(by_lookup)),
    ("05.1", door(gate_if(is_right), says_it_and_stays)),
    ("05.1", door(by_expression)),
]
