// Lesson 03 in Node.js: a client that sends a few messages to a chat room, with the library ws.
//
//   node 03_chat_client.mjs URL NAME MESSAGE...      disconnects after the last reply

import WebSocket from "ws";

const [url, user, ...messages] = process.argv.slice(2);
const ws = new WebSocket(url);
let answers = 0;

ws.addEventListener("open", () => {
  for (const message of messages) ws.send(JSON.stringify({ user, message }));
});
ws.addEventListener("message", (event) => {
  const data = JSON.parse(event.data);
  console.log(data.error ? `refused: ${data.error}` : `${data.user}: ${data.message}`);
  if (data.error || data.user === user) answers += 1;
  if (answers === messages.length) ws.close(1000);
});
ws.addEventListener("close", (event) => console.log("left", event.code));
ws.addEventListener("error", (event) => {
  console.error("WebSocket error:", event.message);
  process.exitCode = 1;
});
