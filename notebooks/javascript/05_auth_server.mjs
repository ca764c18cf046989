// Lesson 05 in Node.js: a server that refuses before the upgrade, and closes what has expired.
//
//   node 05_auth_server.mjs [PORT [LIFETIME]]
//
// Prints the port that it listens on. Programs send "Authorization: Bearer TOKEN". Pages get a
// ticket from /ticket, with the same header, and connect to /?ticket=TICKET. LIFETIME is how long a
// connection may last, in milliseconds. Ctrl-C stops it.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [port = 8080, lifetime = 3_600_000] = process.argv.slice(2).map(Number);
const TICKET_LIFETIME = 10_000;
const TOKENS = new Map([
  ["k3-ana-7Qz", "ana"],
  ["k3-bob-X1f", "bob"],
]);
const tickets = new Map();

const server = createServer((request, response) => {
  const user = request.url === "/ticket" && userOf(bearer(request));
  if (!user) return response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end("Who are you?\n");
  const ticket = randomBytes(32).toString("base64url");
  tickets.set(ticket, { user, end: Date.now() + TICKET_LIFETIME });
  response.end(ticket);
});

// With noServer this program decides whether there is an upgrade at all.
const wss = new WebSocketServer({ noServer: true });

server.on("upgrade", (request, socket, head) => {
  socket.on("error", (error) => console.error("client:", error.message));
  if (!isOwnPage(request)) return refuse(socket, "403 Forbidden");
  const ticket = new URL(request.url, "http://here").searchParams.get("ticket");
  const user = ticket ? redeem(ticket) : userOf(bearer(request));
  if (!user) return refuse(socket, "401 Unauthorized", "WWW-Authenticate: Bearer\r\n");
  wss.handleUpgrade(request, socket, head, (ws) => welcome(ws, user));
});

function refuse(socket, status, headers = "") {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}

// A browser always sends Origin; a program need not.
function isOwnPage({ headers }) {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}

function bearer(request) {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function userOf(token) {
  const given = Buffer.from(token);
  for (const [known, user] of TOKENS) {
    const wanted = Buffer.from(known);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return user;
  }
}

function redeem(ticket) {
  const { user, end } = tickets.get(ticket) ?? {};
  tickets.delete(ticket);
  return Date.now() < end ? user : undefined;
}

function welcome(ws, user) {
  ws.on("error", (error) => console.error("client:", error.message));
  const timer = setTimeout(() => ws.close(4401, "token expired"), lifetime);
  ws.on("close", () => clearTimeout(timer));
  ws.send(`Hello, ${user}`);
}

server.listen(port, "127.0.0.1", () => console.log(server.address().port));
