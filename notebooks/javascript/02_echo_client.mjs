// Lesson 02 in Node.js: the first client, with the library ws.
//
//   node 02_echo_client.mjs URL

import WebSocket from "ws";

const ws = new WebSocket(process.argv[2] ?? "ws://127.0.0.1:8080");

ws.addEventListener("open", () => {
  console.log("Connected to server");
  ws.send("Hello Server!");
});
ws.addEventListener("message", (event) => {
  console.log("Server says:", event.data);
  if (event.data.startsWith("You said")) ws.close();
});
ws.addEventListener("close", (event) => console.log("Disconnected", event.code));
ws.addEventListener("error", (event) => {
  console.error("WebSocket error:", event.message);
  process.exitCode = 1;
});
