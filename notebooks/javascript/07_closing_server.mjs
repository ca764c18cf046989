// Lesson 07 in Node.js: a server that ends each connection as its path says, and reports each end.
//
//   node 07_closing_server.mjs [PORT]
//
// Paths: /4001 closes with that code, as any number; /no-code closes without one; /cut cuts the
// connection; /throw has a bug in its listener; /refused is answered with 401; /stop shuts the
// server down; all others echo. Prints the port, then a line for each end. Ctrl-C stops it.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [port = 8080] = process.argv.slice(2).map(Number);
const MAX_SIZE = 1000;

const server = createServer();
const wss = new WebSocketServer({ noServer: true, maxPayload: MAX_SIZE });

server.on("upgrade", (request, socket, head) => {
  socket.on("error", (error) => console.error("client:", error.message));
  if (request.url === "/refused") {
    return socket.end(
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
  }
  wss.handleUpgrade(request, socket, head, (ws) => welcome(ws, request.url));
});

function welcome(ws, path) {
  // Without this listener one client that breaks the protocol ends the whole program.
  ws.on("error", (error) => console.log(`${path} error ${error.code}`));
  // "close" comes after every end that is noticed, so this is the place to clean up.
  ws.on("close", (code, reason) =>
    console.log(`${path} close ${code} ${JSON.stringify(reason.toString())}`),
  );
  ws.on("message", (message, isBinary) => ws.send(message, { binary: isBinary }));
  try {
    end(ws, path);
  } catch (error) {
    // What a listener throws would end the program; a Python handler closes with 1011 by itself.
    console.log(`${path} ${error.name}`);
    ws.close(1011);
  }
}

function end(ws, path) {
  if (path === "/no-code") ws.close();
  else if (path === "/cut") ws.terminate();
  else if (path === "/throw") throw new RangeError("a bug");
  else if (path === "/stop") stop();
  else if (/^\/\d+$/.test(path)) ws.close(Number(path.slice(1)), "as you wish");
}

// server.close() sends the clients nothing, and waits for them: so close each connection.
function stop() {
  server.close();
  for (const ws of wss.clients) ws.close(1001, "the server stops");
}

process.on("SIGTERM", stop);
server.listen(port, "127.0.0.1", () => console.log(server.address().port));
