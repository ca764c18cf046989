// My own WebSocket server, from a bare TCP connection, without a library.
//
//   PORT=8000 node server.mjs

import { createServer } from "node:net";

function serveClient(socket) {
  socket.on("error", () => socket.destroy()); // a reset ends this connection only
  socket.on("data", (bytes) => {
    // A Buffer of what has come just now: it may be a part of a request.
    console.log(bytes.length, "bytes have come");
    socket.end();
  });
}

const server = createServer(serveClient);
server.listen(process.env.PORT ?? 8000, "127.0.0.1", () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
