"""Lesson 09's programs in JavaScript, and the source's own server, over TLS.

The client is asyncio's: over TLS, that of websockets.sync now and then waits in vain for the answer
to its handshake.
"""

import asyncio
import signal
import ssl
import sys

import pytest
import trustme
from websockets.asyncio.client import connect

import wsdemo
from tests.interop.programs import FOLDER, node_server, run_node

# The source's section on WSS, as it stands but for the port, the address and an echo.
SOURCE_SERVER = """
const https = require('https');
const fs = require('fs');
const WebSocket = require('ws');

const server = https.createServer({
  cert: fs.readFileSync('cert.pem'),
  key: fs.readFileSync('key.pem')
});

const wss = new WebSocket.Server({ server });
wss.on('connection', (ws) => ws.on('message', (message) => ws.send(`You said: ${message}`)));

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""

pytestmark = pytest.mark.node


@pytest.fixture
def authority(tmp_path):
    """A CA, whose certificate lies in ca.pem beside a server's cert.pem and key.pem."""
    authority = trustme.CA(organization_unit_name="the lesson")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    write(authority.issue_cert("127.0.0.1", common_name="first"), tmp_path)
    return authority


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def write(certificate, folder):
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    with open(folder / "cert.pem", "wb") as file:
        for each in certificate.cert_chain_pems:
            file.write(each.bytes())


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def test_the_sources_server(require_node, trusting, tmp_path):
    program = SOURCE_SERVER.replace("'cert.pem'", repr(str(tmp_path / "cert.pem")))
    program = program.replace("'key.pem'", repr(str(tmp_path / "key.pem")))

    async def story(url):
        async with connect(url, ssl=trusting) as client:
            await client.send("Hello")
            assert await asyncio.wait_for(client.recv(), 10) == "You said: Hello"
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            await connect(url)

    with node_server(require_node, "-e", program) as (_, port):
        asyncio.run(story(f"wss://127.0.0.1:{port}"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
def test_the_twin_renews_its_certificate(require_node, authority, trusting, tmp_path):
    files = tmp_path / "cert.pem", tmp_path / "key.pem"

    async def story(process, url):
        async with connect(url, ssl=trusting) as before:
            write(authority.issue_cert("127.0.0.1", common_name="second"), tmp_path)
            process.send_signal(signal.SIGHUP)
            assert process.stdout.readline() == "renewed\n"
            async with connect(url, ssl=trusting) as after:
                tls = after.transport.get_extra_info("ssl_object")
                subject = dict(pair for [pair] in tls.getpeercert()["subject"])
            await before.send("still here")
            assert await asyncio.wait_for(before.recv(), 10) == "still here"
        assert subject["commonName"] == "second"

    with node_server(require_node, FOLDER / "09_tls_server.mjs", *files, 0) as (process, port):
        asyncio.run(story(process, f"wss://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("host", "trusts", "lines"),
    [
        ("127.0.0.1", True, ["open, signed by the lesson", "Hello", "close 1005"]),
        ("127.0.0.1", False, ["error UNABLE_TO_VERIFY_LEAF_SIGNATURE", "close 1006"]),
        ("other.example", True, ["error ERR_TLS_CERT_ALTNAME_INVALID", "close 1006"]),
    ],
)
def test_the_client_says_what_is_wrong(require_node, authority, tmp_path, host, trusts, lines):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    arguments = [tmp_path / "ca.pem"] if trusts else []
    with wsdemo.serve(echo, ssl=context, name="for Node") as server:
        found, complaint = run_node(
            require_node, FOLDER / "09_tls_client.mjs", server.url, *arguments
        )
    assert not complaint
    assert found == lines
