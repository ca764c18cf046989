// Lesson 09 in Node.js: a client that trusts your own authority, and reports what is wrong.
//
//   node 09_tls_client.mjs URL [CA.pem]

import { readFileSync } from "node:fs";
import WebSocket from "ws";

const [url = "wss://127.0.0.1:8443", authority] = process.argv.slice(2);

// Never use rejectUnauthorized: false. Name the authority that you trust instead.
const ws = new WebSocket(url, authority ? { ca: readFileSync(authority) } : {});

ws.on("open", () => {
  const { issuer } = ws._socket.getPeerCertificate();
  console.log("open, signed by", issuer.OU);
  ws.send("Hello");
});
ws.on("message", (message) => {
  console.log(message.toString());
  ws.close();
});
ws.on("error", (error) => console.log("error", error.code));
ws.on("close", (code) => console.log("close", code));
