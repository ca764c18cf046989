// Lesson 17 in Node.js: a room, and its test for Node's own test runner.
//
//   node --test 17_testing.mjs
//
// Each test starts a server of its own on a free port, and stops it however the test ends.

import assert from "node:assert/strict";
import { on, once } from "node:events";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";

const limit = { timeout: 5000 }; // ms, for a whole test

function room(ws, request) {
  const name = request.url.slice(1);
  ws.on("message", (text) => {
    for (const other of this.clients) if (other !== ws) other.send(`${name}: ${text}`);
  });
}

async function serve(t) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", room);
  await once(server, "listening");
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}`;
}

async function join(url, name) {
  const ws = new WebSocket(`${url}/${name}`);
  const messages = on(ws, "message"); // keeps what comes before somebody asks for it
  await once(ws, "open");
  return { ws, next: async () => String((await messages.next()).value[0]) };
}

test("a message comes to the others, and not to its sender", limit, async (t) => {
  const url = await serve(t);
  const [ana, bob] = [await join(url, "ana"), await join(url, "bob")];

  ana.ws.send("one");
  assert.equal(await bob.next(), "ana: one");
  bob.ws.send("two"); // what Ana receives next is not her own message
  assert.equal(await ana.next(), "bob: two");
});
