// Lesson 07 in Node.js: a client that reports how its connection ends.
//
//   node 07_closing_client.mjs URL [CODE]
//
// When the connection is open, it closes with CODE, or without a code for "none". Without the
// argument it waits for the other side.

import WebSocket from "ws";

const [url = "ws://127.0.0.1:8080", code] = process.argv.slice(2);
const ws = new WebSocket(url);

ws.addEventListener("open", () => {
  console.log("open");
  try {
    if (code === "none") ws.close();
    else if (code) ws.close(Number(code), "bye");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
    ws.close(1000);
  }
});
ws.addEventListener("error", (event) => console.log("error", event.message));
ws.addEventListener("close", ({ code, reason, wasClean }) => {
  console.log("close", code, JSON.stringify(reason), wasClean ? "clean" : "not clean");
});
