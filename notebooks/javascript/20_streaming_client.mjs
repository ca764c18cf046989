// Lesson 20 in Node.js: read an answer token by token, stop it, and ask again.
//
//   node 20_streaming_client.mjs URL [TOKENS]
//
// Reads so many tokens (by default 5) of a first answer, and sends a stop. Then it reads a second
// answer up to its end. Prints how each answer ended, and whether the server computed at most one
// token more than the client has received.

import { WebSocket } from "ws";

const [url = "ws://127.0.0.1:8080", most = "5"] = process.argv.slice(2);
const ws = new WebSocket(url);
await new Promise((done) => ws.addEventListener("open", done));

for (const limit of [Number(most), Number.POSITIVE_INFINITY]) {
  const { received, end, computed } = await ask("When does Eve pay?", limit);
  console.log(`${end}; at most one more token: ${computed - received <= 1}`);
}
ws.close();

/** Ask, and stop after so many tokens; the promise gets the counts of both sides, and the end. */
function ask(question, limit) {
  ws.send(JSON.stringify({ action: "ask", question }));
  return new Promise((done) => {
    let received = 0;
    ws.onmessage = (event) => {
      const { end, computed } = JSON.parse(event.data);
      if (end) return done({ received, end, computed });
      received += 1;
      if (received === limit) ws.send(JSON.stringify({ action: "stop" }));
    };
  });
}
