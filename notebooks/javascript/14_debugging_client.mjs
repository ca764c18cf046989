// Lesson 14 in Node.js: a client that prints everything that it can see of a server.
//
//   node 14_debugging_client.mjs URL [TEXT]…

import WebSocket from "ws";

const [url = "ws://127.0.0.1:8080", ...texts] = process.argv.slice(2);
const ws = new WebSocket(url);

ws.on("upgrade", ({ statusCode }) => console.log(`status ${statusCode}`));
// The answer to a refused handshake is HTTP; a page sees nothing of it.
ws.on("unexpected-response", (_request, response) => {
  console.log(`status ${response.statusCode} ${response.statusMessage}`);
  response.setEncoding("utf8");
  let body = "";
  response.on("data", (part) => (body += part));
  response.on("end", () => {
    console.log(body.trim());
    process.exitCode = 1;
  });
});
ws.on("open", () => {
  for (const text of texts) ws.send(text);
});
ws.on("message", (data, isBinary) => {
  console.log(isBinary ? `binary, ${data.length} bytes` : `text ${data}`);
});
ws.on("ping", (data) => console.log(`ping ${data}`));
ws.on("pong", (data) => console.log(`pong ${data}`));
ws.on("error", ({ code, message }) => console.log("error", code ?? "", message));
ws.on("close", (code, reason) => console.log(`close ${code} ${reason}`.trim()));
