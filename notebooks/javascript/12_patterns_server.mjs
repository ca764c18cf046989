// Lesson 12 in Node.js: subscriptions that end with their connection, and answers with an id.
//
//   node 12_patterns_server.mjs [PORT [TOPIC …]]
//
// Prints the port that it listens on. Clients send {"id", "action"}: getData, or subscribe and
// publish with a "topic" (and "data"). Ctrl-C stops it.

import { WebSocket, WebSocketServer } from "ws";

const [port = 8080, ...names] = process.argv.slice(2);
const topics = new Map((names.length ? names : ["sensor-1"]).map((name) => [name, new Set()]));

const wss = new WebSocketServer({ port: Number(port), host: "127.0.0.1", maxPayload: 2 ** 16 });
wss.on("listening", () => console.log(wss.address().port));

wss.on("connection", (ws) => {
  ws.on("error", (error) => console.error("client:", error.message));
  ws.on("message", (text) => ws.send(JSON.stringify(answer(ws, text))));
  ws.on("close", () => {
    for (const subscribers of topics.values()) subscribers.delete(ws);
  });
});

function answer(ws, text) {
  let request;
  try {
    request = JSON.parse(text);
  } catch {
    return { error: "send JSON" };
  }
  const { id, action, topic, data } = request ?? {};
  if (action === "getData") return { id, data: subscribers() };
  if (!topics.has(topic)) return { id, error: `no such topic; there are: ${[...topics.keys()]}` };
  if (action === "subscribe") topics.get(topic).add(ws);
  else if (action === "publish") publish(topic, data);
  else return { id, error: "no such action" };
  return { id, data: null };
}

function subscribers() {
  return Object.fromEntries([...topics].map(([name, those]) => [name, those.size]));
}

function publish(topic, data) {
  for (const client of topics.get(topic)) {
    if (client.readyState === WebSocket.OPEN) client.send(JSON.stringify({ topic, data }));
  }
}
