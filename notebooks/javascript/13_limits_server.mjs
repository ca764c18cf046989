// Lesson 13 in Node.js: a feed that slow clients cannot slow down.
//
//   node 13_limits_server.mjs [PORT [BYTES]]
//
// Prints the port that it listens on. Every 10 ms it sends each client a number, in a message of so
// many bytes. A client that is behind gets none, and later the latest; one that is behind for half
// a second is closed with 1008. A message of more than 64 KiB closes with 1009. Ctrl-C stops it.

import { WebSocket, WebSocketServer } from "ws";

const [port = 8080, bytes = 10] = process.argv.slice(2).map(Number);
const MOST_PENDING = 2 ** 18; // bytes
const PATIENCE = 500; // ms
const CLOSING = 2000; // ms that a client has to read the Close frame

const behindSince = new WeakMap(); // from a client to the time
let number = 0;

// The library's own limit is 100 MiB.
const wss = new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 2 ** 16 });
wss.on("listening", () => console.log(wss.address().port));
wss.on("connection", (ws) => {
  ws.on("error", (error) => console.error("client:", error.message));
});

setInterval(() => {
  const text = String(++number).padStart(bytes);
  for (const client of wss.clients) sendOrEvict(client, text);
}, 10);

function sendOrEvict(client, text) {
  if (client.readyState !== WebSocket.OPEN) return;
  if (client.bufferedAmount <= MOST_PENDING) {
    behindSince.delete(client);
    client.send(text);
  } else if (!behindSince.has(client)) {
    behindSince.set(client, Date.now());
  } else if (Date.now() - behindSince.get(client) > PATIENCE) {
    client.close(1008, "you read too slowly");
    setTimeout(() => client.terminate(), CLOSING); // the Close frame waits behind all the rest
  }
}
