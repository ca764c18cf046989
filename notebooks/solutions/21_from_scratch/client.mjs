// An echo client that speaks WebSocket (RFC 6455), from a bare TCP connection, without a library:
//
//     WS_URL=ws://127.0.0.1:8000/ node client.mjs

import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { accept, Connection, PATIENCE, Reader } from "./websocket.mjs";

/** Return whether a response accepts the request with this key (§4.1). */
function isAccepted({ first, headers }, key) {
  const connection = (headers.get("connection") ?? "").toLowerCase().split(/\s*,\s*/);
  return (
    first.startsWith("HTTP/1.1 101 ") &&
    headers.get("upgrade")?.toLowerCase() === "websocket" &&
    connection.includes("upgrade") &&
    headers.get("sec-websocket-accept") === accept(key) &&
    // The request offered no extension, and no subprotocol.
    !headers.has("sec-websocket-extensions") &&
    !headers.has("sec-websocket-protocol")
  );
}

const url = new URL(process.env.WS_URL);
const key = randomBytes(16).toString("base64");
const socket = connect({ host: url.hostname, port: Number(url.port || 80), allowHalfOpen: true });
socket.setTimeout(PATIENCE, () => socket.destroy());
socket.on("error", () => {}); // the server has left; reading ends
socket.write(
  `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
);
try {
  const reader = new Reader(socket);
  const response = await reader.head();
  if (response && isAccepted(response, key)) {
    socket.setTimeout(0);
    await new Connection(socket, reader, true).echo();
  }
} finally {
  socket.destroy();
}
