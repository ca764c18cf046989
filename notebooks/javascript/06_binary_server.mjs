// Lesson 06 in Node.js: an echo that sends text back as text and bytes as bytes, with ws.
//
//   node 06_binary_server.mjs [PORT]      prints the port that it listens on; Ctrl-C stops it

import { WebSocketServer } from "ws";

const options = { host: "127.0.0.1", port: Number(process.argv[2] ?? 8080), maxPayload: 2 ** 20 };
const wss = new WebSocketServer(options);

wss.on("listening", () => console.log(wss.address().port));

wss.on("connection", (ws) => {
  ws.on("error", (error) => console.error("client:", error.message));

  // Every message comes as a Buffer, text too. Without { binary } text would go back as bytes.
  ws.on("message", (message, isBinary) => ws.send(message, { binary: isBinary }));
});
