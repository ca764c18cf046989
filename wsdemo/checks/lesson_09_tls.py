"""The exercises of lesson 09."""

import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection

from wsdemo.checks import Misconception, NotYet, exercise
from wsdemo.checks._attempt import attempt
from wsdemo.checks._plain import Plain
from wsdemo.checks._serving import HOST, serving
from wsdemo.checks._trial import called

if TYPE_CHECKING:
    import trustme


async def _wait(connection: ServerConnection) -> None:
    await connection.wait_closed()


@contextlib.asynccontextmanager
async def _server(certificate: "trustme.LeafCert") -> AsyncIterator[str]:
    """Serve over TLS with a certificate from trustme, at the address that it yields."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    async with serving(_wait, ssl=context) as url:
        yield url


async def _refusal(certificate: "trustme.LeafCert", context: ssl.SSLContext) -> str | None:
    """Return why a client with this context refuses a server; ``None`` if it connects."""
    async with _server(certificate) as url:
        try:
            async with connect(url, ssl=context, close_timeout=0.5):
                return None
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except (ssl.SSLError, OSError, EOFError) as error:
            return str(error)


@exercise("09.1")
async def client_context(make: Callable[[str], ssl.SSLContext]) -> str:
    """Check a client's context by the servers that it accepts: one is right, three are not."""
    import trustme

    authority = trustme.CA()
    context = _make(make, authority.cert_pem.bytes().decode())
    if await _refusal(trustme.CA().issue_cert(HOST), context) is None:
        raise Misconception(
            "your context accepts a server whose certificate a stranger has signed. Anyone in the "
            "middle can make such a certificate, and then read and change everything: do not "
            "change verify_mode.",
            input=Plain("a certificate of an unknown authority"),
        )
    if await _refusal(authority.issue_cert("other.example"), context) is None:
        raise Misconception(
            "your context accepts the certificate of other.example for this server. Then "
            "anyone with a certificate, for whatever name, can pretend to be this server: leave "
            "check_hostname on.",
            input=Plain("a certificate for another name"),
        )
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    if await _refusal(authority.issue_cert(HOST, not_after=yesterday), context) is None:
        raise Misconception(
            "your context accepts a certificate that has expired: do not change verify_flags",
            input=Plain("a certificate that expired yesterday"),
        )
    if refusal := await _refusal(authority.issue_cert(HOST), context):
        raise NotYet(
            "your context refuses the right server: load the authority that is in `pem`",
            input=Plain("a certificate that this authority has signed"),
            received=Plain(refusal),
        )
    return (
        "your context accepts the right certificate, and refuses a stranger's, one for another "
        "name, and an expired one."
    )


def _make(make: Callable[[str], Any], pem: str) -> ssl.SSLContext:
    shown = Plain("the text of a certificate, -----BEGIN CERTIFICATE----- …")
    try:
        context = called(make, pem)
    except OSError:  # an SSLError is one of them
        context = attempt(make, pem, shown=Plain(f"{shown} (cafile= takes a path, cadata= a text)"))
    except Exception:
        context = attempt(make, pem, shown=shown)
    if not isinstance(context, ssl.SSLContext):
        raise NotYet("return an ssl.SSLContext", input=shown, received=context)
    if context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise Misconception(
            "this is a context for a server: Purpose.CLIENT_AUTH is for checking clients. A "
            "client uses the default, Purpose.SERVER_AUTH.",
            input=shown,
            received=Plain("a context with PROTOCOL_TLS_SERVER"),
        )
    return context


CERTIFICATES = (
    ("chat.example", "www.chat.example", HOST, "192.0.2.7"),
    ("*.wild.example", HOST),
)
"""The names and addresses of two certificates; the client connects to HOST."""


@exercise("09.2")
async def names(read: Callable[[ClientConnection], list[str]]) -> str:
    """Check a function that reads names out of certificates that were sent."""
    import trustme

    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    for right in CERTIFICATES:
        certificate = authority.issue_cert(*right, common_name="a server")
        async with (
            _server(certificate) as url,
            connect(url, ssl=context, close_timeout=0.5) as client,
        ):
            shown = Plain(f"a certificate for {', '.join(right)}")
            _judge_names(attempt(read, client, shown=shown), right, shown)
    return "these are the names that a client compares with the host name in the URL."


def _judge_names(answer: Any, right: tuple[str, ...], shown: Plain) -> None:
    if answer is None or isinstance(answer, str | bytes):
        raise NotYet("return a list of texts", input=shown, received=answer)
    try:
        found = list(answer)
    except TypeError:
        raise NotYet("return a list of texts", input=shown, received=answer) from None
    values = {"input": shown, "expected": list(right), "received": found}
    if not found:
        raise NotYet("the list is empty", **values)
    if not all(isinstance(each, str) for each in found):
        raise NotYet("return texts, the names and addresses without their kind", **values)
    if "a server" in found:
        raise Misconception(
            "the commonName is only a label today: clients check the subjectAltName (RFC 9525 §2)",
            **values,
        )
    if sorted(found) == sorted(right):
        return
    if found == [HOST]:
        raise Misconception(
            f"{HOST} is the address that the client has connected to; the certificate has more "
            "names",
            **values,
        )
    missing = [each for each in right if each not in found]
    if missing and set(found) < set(right):
        raise Misconception(
            f"something is missing: {', '.join(missing)}. A certificate may have several names of "
            "each kind, and addresses as well.",
            **values,
        )
    raise NotYet("these are not the names of this certificate", **values)
