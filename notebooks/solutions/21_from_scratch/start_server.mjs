// My own WebSocket server, from a bare TCP connection, without a library.
//
//   PORT=8000 node server.mjs

import { createServer } from "node:net";

function serveClient(socket) {
  socket.on("error", () => socket.destroy()); // a client that was reset ends only itself
  socket.on("data", (bytes) => {
    // bytes is a Buffer: what has come so far, which may be a part of a request.
    socket.end();
  });
}

const server = createServer(serveClient);
server.listen(process.env.PORT ?? 8000, "127.0.0.1", () => {
  console.log(`ws://127.0.0.1:${server.address().port}`);
});
