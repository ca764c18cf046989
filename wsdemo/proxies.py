"""Proxies are for the internet: connections to this machine's own servers need none."""

import os
import urllib.request

__all__ = ["keep_loopback_direct", "proxies_of_loopback"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LISTS = ("NO_PROXY", "no_proxy")


def proxies_of_loopback() -> dict[str, str]:
    """The proxies through which a plain ``connect`` would look for a server of this machine.

    websockets and most HTTP libraries read them from the environment (``HTTP_PROXY``,
    ``HTTPS_PROXY``, ``ALL_PROXY``) or, on macOS and Windows, from the system's settings. A proxy
    elsewhere cannot reach 127.0.0.1 of this machine.

    Returns:
        Addresses by kind, such as ``{"https": "http://proxy.example:3128"}``; empty where none
        would be used.
    """
    if all(urllib.request.proxy_bypass(f"{host}:80") for host in LOOPBACK):
        return {}
    found = urllib.request.getproxies()
    return {kind: address for kind, address in found.items() if kind != "no"}


def keep_loopback_direct() -> None:
    """Exempt this machine's own addresses from proxies, for this process and its children.

    A learner's own ``connect(server.url)`` then reaches the server.
    """
    proxies = proxies_of_loopback()
    if not proxies:
        return
    if not urllib.request.getproxies_environment():
        # One variable in the environment would put all of the system's settings out of force.
        os.environ.update({f"{kind}_proxy": address for kind, address in proxies.items()})
    before = ",".join(os.environ.get(name, "") for name in _LISTS)
    exempt = [*filter(None, (host.strip() for host in before.split(","))), *LOOPBACK]
    for name in _LISTS:  # some programs read only one of the two
        os.environ[name] = ",".join(dict.fromkeys(exempt))
