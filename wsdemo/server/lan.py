"""The address under which others on the network reach this machine."""

from socket import AF_INET, SOCK_DGRAM, socket

__all__ = ["invite", "lan_address"]


def lan_address() -> str | None:
    """Find this machine's address on the local network; ``None`` if there is no network."""
    with socket(AF_INET, SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket sends nothing; it only chooses the interface. 192.0.2.1 is
            # reserved for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
            return address
        except OSError:
            return None


def invite(scheme: str, port: int, has_pages: bool) -> str:
    """Say in a sentence which address others can use.

    Args:
        scheme: ``"ws"`` or ``"wss"``.
        port: the server's TCP port.
        has_pages: whether the server has a page for a browser, too.
    """
    address = lan_address()
    host = f"{address or 'ADDRESS'}:{port}"
    clients = f"{scheme}://{host}"
    page = f"{scheme.replace('ws', 'http')}://{host}/"
    if address is None:
        return (
            "No address of this machine on a network was found. If it has one, the system's "
            f"network settings show it, and others can {_use(clients, page, has_pages)}"
        )
    return f"Others on this network can {_use(clients, page, has_pages)}"


def _use(clients: str, page: str, has_pages: bool) -> str:
    return f"open {page} (programs: {clients})" if has_pages else f"connect to {clients}"
