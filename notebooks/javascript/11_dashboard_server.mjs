// Lesson 11 in Node.js: a dashboard's server that sends slow clients only the latest reading.
//
//   node 11_dashboard_server.mjs [PORT [READINGS PER SECOND]]
//
// Prints the port that it listens on. Ctrl-C stops it.

import { WebSocketServer } from "ws";

const [port = 8080, rate = 1] = process.argv.slice(2).map(Number);
const wss = new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 1024 });
const clients = new Map(); // from a connection to the reading that waits for it
let reading = measure();

function measure() {
  return {
    temperature: Number((70 + Math.random() * 10).toFixed(1)),
    humidity: Number((50 + Math.random() * 20).toFixed(1)),
    timestamp: Date.now(),
  };
}

/** Send the reading that waits, if the client has received the last one: its pong shows that. */
function sendNext(ws) {
  const client = clients.get(ws);
  if (!client || client.busy || !client.next) return;
  client.busy = true;
  ws.send(JSON.stringify(client.next));
  client.next = null;
  ws.ping();
}

wss.on("connection", (ws) => {
  clients.set(ws, { next: reading, busy: false });
  ws.on("error", (error) => console.error("client:", error.message));
  ws.on("close", () => clients.delete(ws));
  ws.on("pong", () => {
    const client = clients.get(ws);
    if (client) client.busy = false;
    sendNext(ws);
  });
  sendNext(ws);
});

setInterval(() => {
  reading = measure();
  for (const [ws, client] of clients) {
    client.next = reading;
    sendNext(ws);
  }
}, 1000 / rate);

wss.on("listening", () => console.log(wss.address().port));
