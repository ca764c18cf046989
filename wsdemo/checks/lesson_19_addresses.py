"""The third exercise of lesson 19: the client's address behind proxies."""

from collections.abc import Callable
from typing import Any

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain

NGINX, GATEWAY = "10.0.0.2", "10.0.0.1"
TRUSTED = frozenset({NGINX, GATEWAY})
Case = tuple[str, str | None, frozenset[str], str, str]
CASES: list[Case] = [
    (NGINX, "198.51.100.7", TRUSTED, "198.51.100.7", ""),
    (
        "198.51.100.7",
        None,
        TRUSTED,
        "198.51.100.7",
        "The client came past the proxies, without a header.",
    ),
    (
        NGINX,
        "203.0.113.9, 198.51.100.7",
        TRUSTED,
        "198.51.100.7",
        "The client sent the first address, and your proxy added the last one. You have believed "
        "what the client sent.",
    ),
    (
        "198.51.100.7",
        "203.0.113.9",
        TRUSTED,
        "198.51.100.7",
        "The peer is no proxy of yours: a client came past nginx, and sent the header. "
        "You have believed it.",
    ),
    (
        NGINX,
        f"203.0.113.9, 198.51.100.7, {GATEWAY}",
        TRUSTED,
        "198.51.100.7",
        "Two of your proxies are on the way: the gateway added the client's address, and nginx "
        "the gateway's. Go on past each proxy that you trust.",
    ),
    (
        NGINX,
        f"{GATEWAY}, 198.51.100.7",
        TRUSTED,
        "198.51.100.7",
        "The client wrote a proxy's address in front. Begin at the end.",
    ),
    (
        NGINX,
        f"198.51.100.7, 203.0.113.50, {GATEWAY}",
        TRUSTED,
        "203.0.113.50",
        "203.0.113.50 is a proxy that you do not trust. It may have invented what is in front.",
    ),
    (NGINX, "10.0.0.25", TRUSTED, "10.0.0.25", "10.0.0.25 only looks like a proxy's address."),
    (
        "10.0.0.25",
        "203.0.113.9",
        TRUSTED,
        "10.0.0.25",
        "The peer 10.0.0.25 only looks like a proxy's address. The header is the client's word.",
    ),
    (
        NGINX,
        "203.0.113.9,198.51.100.7 ,\t10.0.0.1",
        TRUSTED,
        "198.51.100.7",
        "Between two addresses there is a comma, and spaces or tabs are optional.",
    ),
    (NGINX, "2001:db8::7", TRUSTED, "2001:db8::7", "An IPv6 address has colons."),
    (NGINX, f"{GATEWAY}, {NGINX}", TRUSTED, GATEWAY, "All are trusted: the first in the header."),
    (NGINX, None, TRUSTED, NGINX, "There is no header, for instance in a health check of nginx."),
    (NGINX, "", TRUSTED, NGINX, "The header is empty."),
    (
        NGINX,
        "198.51.100.7",
        frozenset(),
        NGINX,
        "No proxy is trusted, so the header is the client's word.",
    ),
]


@exercise("19.3")
async def behind_proxies(client_address: Callable[[str, str | None, set[str]], str]) -> str:
    """Check which address a learner's function believes."""
    for peer, header, trusted, expected, reason in CASES:
        shown = Plain(f"peer={peer!r}, header={header!r}, trusted={sorted(trusted)}")
        given = set(trusted)
        received = attempt(client_address, peer, header, given, shown=shown)
        evidence: dict[str, Any] = {"input": shown, "expected": expected, "received": received}
        if not isinstance(received, str):
            raise NotYet("return one address, a text", **evidence)
        if given != trusted:
            raise Misconception(
                "your function has changed `trusted`: leave it as it is", **evidence
            )
        if received == expected:
            continue
        if received.strip() == expected:
            raise Misconception("the address has spaces around it: `strip()`", **evidence)
        if not reason:
            raise NotYet("behind a trusted proxy, return the address in the header", **evidence)
        raise Misconception(reason, **evidence)
    return "a false address never won, with no proxy, one proxy or two on the way."
