"""The exercises of lesson 09."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._serving import HOST, serving

if TYPE_CHECKING:
    import trustme


async def _wait(connection: ServerConnection) -> None:
    await connection.wait_closed()


@contextlib.asynccontextmanager
async def _server(certificate: "trustme.LeafCert") -> AsyncIterator[str]:
    """Serve over TLS with a certificate of trustme's; give the address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    async with serving(_wait, ssl=context) as url:
        yield url


async def _refusal(certificate: "trustme.LeafCert", context: ssl.SSLContext) -> str | None:
    """What a client of this context says of a server; ``None`` if it connects."""
    async with _server(certificate) as url:
        try:
            async with connect(url, ssl=context, close_timeout=0.5):
                return None
        except ssl.SSLCertVerificationError as error:
            return error.verify_message


@exercise("09.1")
async def client_context(make: Callable[[str], ssl.SSLContext]) -> str:
    """Judge a client's context by whom it lets pass: one right server, two wrong ones."""
    import trustme

    authority = trustme.CA()
    context = make(authority.cert_pem.bytes().decode())
    if not isinstance(context, ssl.SSLContext):
        raise NotYet("return an ssl.SSLContext")
    if await _refusal(trustme.CA().issue_cert(HOST), context) is None:
        raise Misconception(
            "it lets in a server that a stranger has signed, and so anybody in the middle: with "
            "the check turned off, TLS hides your words from all but the one who reads them."
        )
    if await _refusal(authority.issue_cert("other.example"), context) is None:
        raise Misconception(
            "it takes other.example's certificate for this server's: who has a certificate for "
            "any name at all can play every server. Leave check_hostname on."
        )
    if refusal := await _refusal(authority.issue_cert(HOST), context):
        raise NotYet(f"it refuses the right server: {refusal}")
    return "the right server is let in; a stranger's, and one of another name, are not."


@exercise("09.2")
async def names(read: Callable[[ClientConnection], list[str]]) -> str:
    """Judge what is read out of a certificate that was sent."""
    import trustme

    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    expected = ["chat.example", "www.chat.example", HOST]
    async with (
        _server(authority.issue_cert(*expected, common_name="a server")) as url,
        connect(url, ssl=context, close_timeout=0.5) as client,
    ):
        found = read(client)
    if not found:
        raise NotYet("the list is empty; the certificate has three names")
    if list(found) == [HOST]:
        raise Misconception(
            "that is where you have connected to; the certificate says for whom it was made, and "
            "it has three names."
        )
    if "a server" in found:
        raise Misconception(
            "the commonName is only a label today: clients check the subjectAltName (RFC 9525 §2)."
        )
    if sorted(found) != sorted(expected):
        raise NotYet("return a list of texts, the names without their kind")
    return "these are the names that a client compares with the one in the URL."
