"""What a tab does not have says so, and what to do."""

import asyncio
import ssl
import subprocess
import sys
from types import ModuleType

import pytest

from wsdemo.tab import missing


@pytest.fixture(autouse=True)
def in_a_tab(monkeypatch):
    for module, name in (
        (subprocess, "Popen"),
        (asyncio, "create_subprocess_exec"),
        (asyncio, "create_subprocess_shell"),
        (ssl, "create_default_context"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    for name in ("tornado", *missing.ABSENT):
        monkeypatch.setitem(
            sys.modules, name, ModuleType(name)
        )  # JupyterLite's kernel has one, too
    missing.install()


def test_a_process_cannot_be_started():
    with pytest.raises(missing.NotInATab, match=r"cannot start another program.*your own machine"):
        subprocess.run(["python", "--version"])


def test_tls_is_left_to_the_browser():
    with pytest.raises(missing.NotInATab, match="leaves TLS to the browser"):
        ssl.create_default_context()


def test_a_package_that_is_missing_can_be_imported_and_not_used():
    import trustme
    from tornado.httpclient import HTTPClientError
    from tornado.websocket import websocket_connect

    assert issubclass(HTTPClientError, Exception)
    for use in (trustme.CA, websocket_connect):
        with pytest.raises(missing.NotInATab, match="needs what a browser tab does not have"):
            use()
