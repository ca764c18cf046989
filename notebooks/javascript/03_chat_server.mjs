// Lesson 03 in Node.js: the chat room, with the library ws.
//
//   node 03_chat_server.mjs [PORT]      prints the port that it listens on; Ctrl-C stops it

import { WebSocket, WebSocketServer } from "ws";

const wss = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2] ?? 8080),
  maxPayload: 2 ** 20, // by default 100 MiB
});
const room = new Map(); // from a connection to its name

class Refusal extends Error {}

wss.on("listening", () => console.log(wss.address().port));

wss.on("connection", (ws) => {
  room.set(ws, null);
  ws.on("close", () => room.delete(ws));
  ws.on("error", (error) => console.error("client:", error.message));
  ws.on("message", (text) => {
    try {
      const { user, message } = read(text);
      bind(ws, user);
      broadcast({ user, message, timestamp: Date.now() });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ws.send(JSON.stringify({ error: error.message }));
    }
  });
});

function read(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Refusal("not JSON");
  }
  if (typeof data?.user !== "string" || typeof data.message !== "string") {
    throw new Refusal("user and message must be text");
  }
  return data;
}

function bind(ws, user) {
  const name = room.get(ws);
  if (name !== null && name !== user) throw new Refusal(`you are ${name}`);
  if (name === null && [...room.values()].includes(user))
    throw new Refusal(`the name ${user} is taken`);
  room.set(ws, user);
}

// send() does not wait: messages that a slow client does not read pile up here, see bufferedAmount.
function broadcast(data) {
  const text = JSON.stringify(data);
  for (const ws of room.keys()) {
    if (ws.readyState === WebSocket.OPEN) ws.send(text);
  }
}
