// Lesson 11 in Node.js: a client that adds up a snapshot and its deltas.
//
//   node 11_dashboard_client.mjs URL [MESSAGES]
//
// Prints what it knows after so many messages.

import WebSocket from "ws";

const [url = "ws://127.0.0.1:8080", messages = "3"] = process.argv.slice(2);
const ws = new WebSocket(url);
let state = {};
let received = 0;

ws.on("message", (text) => {
  state = { ...state, ...JSON.parse(text) };
  received += 1;
  if (received === Number(messages)) ws.close();
});
ws.on("error", (error) => console.error(error.message));
ws.on("close", () => console.log(Object.keys(state).sort().join(" "), "after", received));
