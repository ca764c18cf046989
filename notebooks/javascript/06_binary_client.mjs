// Lesson 06 in Node.js: bytes and numbers over a WebSocket, with the library ws.
//
//   node 06_binary_client.mjs URL

import WebSocket from "ws";

const ws = new WebSocket(process.argv[2] ?? "ws://127.0.0.1:8080");
ws.binaryType = "arraybuffer";

const next = () => new Promise((done) => ws.addEventListener("message", done, { once: true }));

ws.addEventListener("error", (event) => {
  console.error("WebSocket error:", event.message);
  process.exitCode = 1;
});
ws.addEventListener("open", async () => {
  ws.send(new Uint8Array([1, 2, 3, 4]));
  console.log(new Uint8Array((await next()).data));

  const view = new DataView(new ArrayBuffer(6));
  view.setUint16(0, 7);
  view.setFloat32(2, 21.5);
  ws.send(view);
  const reading = new DataView((await next()).data);
  console.log(`sensor ${reading.getUint16(0)} has ${reading.getFloat32(2)}`);

  ws.send("text");
  console.log((await next()).data);
  ws.close();
});
