// Lesson 07 in Node.js: a client that tells what it sees of the end.
//
//   node 07_closing_client.mjs URL [CODE]
//
// Closes with CODE once it is open, with no code for "none"; without the argument it waits for the
// other side.

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
