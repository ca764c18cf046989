// Lesson 02 in Node.js: the echo server, with the library ws.
//
//   node 02_echo_server.mjs [PORT]      prints the port that it listens on; Ctrl-C stops it

import { WebSocketServer } from "ws";

const wss = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2] ?? 8080) });

wss.on("listening", () => console.log(wss.address().port));

wss.on("connection", (ws) => {
  // Without this listener, one frame that breaks the protocol would end the whole program:
  // Node.js throws an "error" event that nobody listens to.
  ws.on("error", (error) => console.error("client:", error.message));

  ws.on("message", (message) => ws.send(`You said: ${message}`));
  ws.send("Welcome!");
});
