"""What stands for a profile function in a tab is told what the check of 05.2 asks about."""

import hmac
import os
import random
import secrets
import sys
import uuid

import pytest

from wsdemo.checks import _secrets
from wsdemo.tab import profiling


@pytest.fixture
def draws(monkeypatch):
    """The check's watcher, as it is in a tab."""
    for module, names in (
        (sys, ("setprofile", "getprofile")),
        (os, ("urandom",)),
        (random, ("_urandom",)),
        (hmac, ("new", "digest")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    profiling.install()
    monkeypatch.setattr(_secrets.draws_randomness, "SOURCES", (os.urandom,))
    monkeypatch.setattr(
        _secrets.draws_randomness, "KEYED", (hmac.new.__code__, hmac.digest.__code__)
    )
    return _secrets.draws_randomness


@pytest.mark.parametrize(
    "draw",
    [
        lambda: secrets.token_urlsafe(16),
        uuid.uuid4,
        lambda: os.urandom(8),
        lambda: random.SystemRandom().random(),
        lambda: hmac.new(b"key", b"text", "sha256").hexdigest(),
        lambda: hmac.digest(b"key", b"text", "sha256"),
    ],
    ids=["secrets", "uuid4", "urandom", "SystemRandom", "hmac.new", "hmac.digest"],
)
def test_what_nobody_can_guess_is_noticed(draws, draw):
    with draws() as watched:
        draw()
    assert watched.seen


@pytest.mark.parametrize("draw", [random.random, lambda: hash("ana"), lambda: len("ana")])
def test_what_can_be_guessed_is_not(draws, draw):
    with draws() as watched:
        draw()
    assert not watched.seen


def test_outside_of_the_block_nothing_is_noticed(draws):
    with draws() as watched:
        pass
    secrets.token_urlsafe(16)
    assert not watched.seen
