// Lesson 04 in Node.js: a server that finds dead peers, and answers the heartbeats of browsers.
//
//   node 04_heartbeat_server.mjs [PORT [INTERVAL [LIMIT]]]
//
// Prints the port that it listens on, then a line for each dead peer. INTERVAL is the
// time between two pings, LIMIT the time for a pong, in milliseconds. Ctrl-C stops it.

import { WebSocketServer } from "ws";

const [port = 8080, interval = 30_000, limit = 5_000] = process.argv.slice(2).map(Number);
const wss = new WebSocketServer({ host: "127.0.0.1", port });

wss.on("listening", () => console.log(wss.address().port));

wss.on("connection", (ws) => {
  ws.on("error", (error) => console.error("client:", error.message));
  watch(ws);

  ws.on("message", (message, isBinary) => {
    if (typeOf(message, isBinary) === "heartbeat") ws.send(JSON.stringify({ type: "heartbeat" }));
  });
});

// Each connection has its own timers, so that the pings are not all sent at once.
function watch(ws) {
  let timer = setTimeout(beat, Math.random() * interval);
  let deadline;

  function beat() {
    ws.ping();
    deadline = setTimeout(() => {
      console.log("no pong: gave up on a peer");
      ws.terminate(); // close() would wait for an answer from the dead peer
    }, limit);
  }
  ws.on("pong", () => {
    stop(); // a pong that nobody asked for must not start a second timer
    timer = setTimeout(beat, interval);
  });
  ws.on("close", stop);

  function stop() {
    clearTimeout(timer);
    clearTimeout(deadline);
  }
}

function typeOf(message, isBinary) {
  try {
    return isBinary ? undefined : JSON.parse(message).type;
  } catch {
    return undefined; // not a JSON object: ignored
  }
}
