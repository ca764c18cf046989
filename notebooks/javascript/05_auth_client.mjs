// Lesson 05 in Node.js: a client that sends its token in a header, and sees why it is refused.
//
//   node 05_auth_client.mjs URL TOKEN

import WebSocket from "ws";

const [url = "ws://127.0.0.1:8080", token = ""] = process.argv.slice(2);

// In a browser the second argument is the list of subprotocols, and there is no third.
const ws = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });

ws.on("unexpected-response", (request, response) => {
  console.log("refused", response.statusCode);
  request.destroy(); // a listener for this event must end the request
});
ws.on("open", () => console.log("open"));
ws.on("message", (message) => console.log(message.toString()));
ws.on("close", (code, reason) => console.log("close", code, reason.toString()));
ws.on("error", (error) => console.error(error.message));
