// Lesson 09 in Node.js: an echo over TLS, whose certificate can be renewed while it runs.
//
//   node 09_tls_server.mjs CERT.pem KEY.pem [PORT]
//
// Prints the port that it listens on. SIGHUP reads both files again: new connections get the new
// certificate, open ones stay. Ctrl-C stops it.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { WebSocketServer } from "ws";

const [certificate, key, port = 8443] = process.argv.slice(2);
const read = () => ({ cert: readFileSync(certificate), key: readFileSync(key) });

// On this page you can accept a certificate that the browser does not know.
const server = createServer(read(), (_, response) => response.end("You may go back.\n"));
const wss = new WebSocketServer({ server, maxPayload: 2 ** 20 });

wss.on("connection", (ws) => {
  ws.on("error", (error) => console.error("client:", error.message));
  ws.on("message", (message, isBinary) => ws.send(message, { binary: isBinary }));
});

server.on("tlsClientError", (error) => console.error("handshake:", error.code));
process.on("SIGHUP", () => {
  server.setSecureContext(read());
  console.log("renewed");
});
server.listen(port, "127.0.0.1", () => console.log(server.address().port));
