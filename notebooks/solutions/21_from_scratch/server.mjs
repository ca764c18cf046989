// An echo server that speaks WebSocket (RFC 6455), from a bare TCP connection, without a library:
//
//     PORT=8000 node server.mjs

import { createServer } from "node:net";
import { accept, Connection, end, HeadTooLong, PATIENCE, Reader } from "./websocket.mjs";

/** Return the words of a header that is a list, in lower case. */
function words(headers, name) {
  return (headers.get(name) ?? "").split(",").map((word) => word.trim().toLowerCase());
}

/** Return the status that refuses a request; undefined if it is an opening handshake (§4.2.1). */
function refusal({ first, headers }) {
  if (!first.endsWith(" HTTP/1.1")) return "400 Bad Request";
  if (!first.startsWith("GET ")) return "405 Method Not Allowed\r\nAllow: GET";
  if (!words(headers, "upgrade").includes("websocket")) {
    return "426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade";
  }
  if (!words(headers, "connection").includes("upgrade")) return "400 Bad Request";
  if (!headers.has("host")) return "400 Bad Request";
  if (headers.get("sec-websocket-version") !== "13") {
    return "426 Upgrade Required\r\nSec-WebSocket-Version: 13";
  }
  const isKey = /^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "");
  return isKey ? undefined : "400 Bad Request"; // 16 bytes in Base64
}

/** Serve one client. Whatever it does, it ends only its own connection. */
async function serve(socket) {
  const reader = new Reader(socket);
  socket.setTimeout(PATIENCE, () => socket.destroy());
  let status;
  try {
    const request = await reader.head();
    if (!request) return;
    status = refusal(request);
    if (!status) {
      socket.setTimeout(0);
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept(request.headers.get("sec-websocket-key"))}\r\n\r\n`,
      );
      await new Connection(socket, reader).echo();
      return;
    }
  } catch (error) {
    if (!(error instanceof HeadTooLong)) throw error;
    status = "431 Request Header Fields Too Large";
  }
  socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
  await end(socket, reader);
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on("error", () => {}); // the client has left; reading ends, and so does serve()
  serve(socket)
    .catch((error) => {
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") console.error(error);
    })
    .finally(() => socket.destroy());
});
server.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
