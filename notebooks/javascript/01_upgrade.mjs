// Lesson 01 in Node.js: a WebSocket handshake by hand, with a plain TCP socket.
//
//   node 01_upgrade.mjs PORT      prints the status line, then the first frame's payload

import { createHash, randomBytes } from "node:crypto";
import net from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const port = Number(process.argv[2]);
const key = randomBytes(16).toString("base64");
const expected = createHash("sha1")
  .update(key + GUID)
  .digest("base64");

const socket = net.connect(port, "127.0.0.1");
socket.setTimeout(5000, () => socket.destroy(new Error("no answer within 5 s")));
socket.write(
  [
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n"),
);

let received = Buffer.alloc(0);
socket.on("data", (data) => {
  received = Buffer.concat([received, data]);
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return;
  const frame = received.subarray(end + 4);
  if (frame.length < 2 || frame.length < 2 + frame[1]) return; // short and unmasked: length in byte 1
  const [status, ...headers] = received.subarray(0, end).toString().split("\r\n");
  console.log(status);
  console.log("accepted:", headers.includes(`Sec-WebSocket-Accept: ${expected}`));
  console.log("first frame:", frame.subarray(2, 2 + frame[1]).toString());
  socket.end();
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
