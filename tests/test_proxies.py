"""A proxy of the environment does not stand before this machine's own servers."""

import os
import urllib.request

import pytest
from websockets.sync.client import connect

import wsdemo
from wsdemo import doctor, proxies

pytestmark = pytest.mark.usefixtures("nothing_left_running")

USELESS = "http://127.0.0.1:9"  # the discard port: nobody listens there
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def environment(monkeypatch):
    """An environment with these proxies alone, as it was before when the test ends."""
    before = dict(os.environ)
    for name in NAMES:
        for each in (name, name.lower()):
            monkeypatch.delenv(each, raising=False)
    yield monkeypatch.setenv
    os.environ.clear()
    os.environ.update(before)


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def says(url):
    with connect(url, open_timeout=5) as client:
        client.send("Hello")
        return client.recv(timeout=5)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "WS_PROXY"])
def test_a_plain_connect_reaches_a_server_here(environment, name):
    environment(name, USELESS)
    with pytest.raises(ConnectionError), connect("ws://127.0.0.1:1"):
        pass
    assert proxies.proxies_of_loopback() == {name.lower().removesuffix("_proxy"): USELESS}
    with wsdemo.serve(echo) as server:
        assert says(server.url) == "Hello"
        assert says(server.url.replace("127.0.0.1", "localhost")) == "Hello"
    assert proxies.proxies_of_loopback() == {}


def test_a_plain_connect_reaches_a_wire(environment):
    environment("HTTPS_PROXY", USELESS)
    wire = wsdemo.Wire("ws://127.0.0.1:1")
    wire.stop()
    assert proxies.proxies_of_loopback() == {}


def test_a_check_reaches_its_own_servers(environment):
    environment("HTTPS_PROXY", USELESS)
    verdict = wsdemo.check("02.1", echo)
    assert "proxy" not in str(verdict)
    assert "refused" not in str(verdict)


@pytest.mark.parametrize("before", ["intern.example, 10.0.0.1", "localhost", "", "*"])
def test_what_was_exempt_stays_exempt(environment, before):
    environment("HTTPS_PROXY", USELESS)
    environment("NO_PROXY", before)
    proxies.keep_loopback_direct()
    for host in filter(None, before.replace("*", "").split(", ")):
        assert urllib.request.proxy_bypass(host)
    assert urllib.request.proxy_bypass("127.0.0.1:8765")
    assert urllib.request.proxy_bypass("[::1]:8765") or urllib.request.proxy_bypass("::1:8765")
    assert bool(urllib.request.proxy_bypass("example.com")) == (before == "*")
    assert urllib.request.getproxies()["https"] == USELESS  # others still go through it


def test_without_a_proxy_nothing_changes(environment):
    before = dict(os.environ)
    proxies.keep_loopback_direct()
    assert dict(os.environ) == before


def test_settings_of_the_system_stay_in_force(environment, monkeypatch):
    """macOS and Windows have proxies without any variable; one variable would hide them."""
    system = {"https": USELESS, "socks": "http://127.0.0.1:1080"}
    environment_alone = urllib.request.getproxies_environment

    def getproxies():
        return environment_alone() or system

    def proxy_bypass(host):
        return bool(environment_alone()) and urllib.request.proxy_bypass_environment(host)

    monkeypatch.setattr(urllib.request, "getproxies", getproxies)
    monkeypatch.setattr(urllib.request, "proxy_bypass", proxy_bypass)
    proxies.keep_loopback_direct()
    assert {kind: getproxies()[kind] for kind in system} == system
    assert proxy_bypass("localhost:8765")


def test_the_doctor_tells_what_a_plain_connect_would_do(environment, capsys):
    environment("HTTPS_PROXY", USELESS)
    [finding] = doctor._proxy()
    assert finding.state == "note"
    assert f"a plain connect() to 127.0.0.1 would go through the https proxy {USELESS}" in str(
        finding
    )
    assert "NO_PROXY=127.0.0.1,localhost,::1" in finding.advice
    assert [each.state for each in doctor._echo()] == ["ok"]
    assert list(doctor._proxy()) == []
