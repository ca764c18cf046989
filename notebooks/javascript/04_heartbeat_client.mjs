// Lesson 04 in Node.js: a client that sends its own heartbeats, as a page in a browser must.
//
//   node 04_heartbeat_client.mjs URL [INTERVAL [LIMIT]]
//
// INTERVAL is the time between two heartbeats, LIMIT the time for an answer, in milliseconds.

import WebSocket from "ws";

const [url = "ws://127.0.0.1:8080", interval = 30_000, limit = 5_000] = process.argv.slice(2);
const ws = new WebSocket(url);

ws.addEventListener("open", () => {
  console.log("Connected to server");
  heartbeat(() => {
    console.log("no answer: gave up on the server");
    ws.terminate(); // a page has only close(), and must not wait for its end
  });
});
ws.addEventListener("close", (event) => console.log("Disconnected", event.code));
ws.addEventListener("error", (event) => console.error("WebSocket error:", event.message));

function heartbeat(lost) {
  let deadline;

  const timer = setInterval(() => {
    ws.send(JSON.stringify({ type: "heartbeat" }));
    deadline ??= setTimeout(() => {
      stop();
      lost();
    }, Number(limit));
  }, Number(interval));

  ws.addEventListener("message", (event) => {
    if (JSON.parse(event.data).type !== "heartbeat") return;
    console.log("answered");
    clearTimeout(deadline);
    deadline = undefined;
  });
  ws.addEventListener("close", stop); // or the timer would keep this program running

  function stop() {
    clearInterval(timer);
    clearTimeout(deadline);
  }
}
