// Lesson 08: the original article's ReconnectingWebSocket, repaired. It runs in a browser as it is,
// and in Node.js with the library ws.
//
//   const client = new ReconnectingWebSocket("wss://…", { fatal: [1008, 4401] });
//   client.on("message", (event) => …);
//   client.send("Hello");
//
// Times are in milliseconds. Events are those of WebSocket, and "giveup" when it stops retrying.

const WebSocket = globalThis.document ? globalThis.WebSocket : (await import("ws")).default;

const FATAL = [1002, 1003, 1007, 1008, 1009, 1010]; // this client broke a rule
const PASSING = [429, 500, 502, 503, 504]; // statuses that may pass

export class ReconnectingWebSocket {
  constructor(
    url,
    { base = 5000, cap = 30_000, stable = 10_000, queue = 100, fatal = FATAL } = {},
  ) {
    Object.assign(this, { url, base, cap, stable, queue, fatal });
    this.handlers = {};
    this.unsent = [];
    this.failures = 0;
    this.connect();
  }

  connect() {
    // A function returns an address for each connection: with a new ticket, or with the last id.
    const ws = new WebSocket(typeof this.url === "function" ? this.url() : this.url);
    let status;
    this.ws = ws;
    this.openedAt = Infinity;

    const listen = (name, react) => {
      ws.addEventListener(name, (event) => {
        if (ws === this.ws) react(event); // an abandoned socket is ignored
      });
    };
    listen("open", (event) => {
      this.openedAt = performance.now();
      this.emit("open", event); // what a handler sends now, such as a token, goes first
      while (this.unsent.length) ws.send(this.unsent.shift());
    });
    listen("message", (event) => this.emit("message", event));
    listen("error", (event) => {
      // The library ws reports the status. A browser hides it: there the server has to accept, and
      // close with a fatal code.
      status = Number(/response: (\d+)/.exec(event.message)?.[1]);
      this.emit("error", event);
    });
    listen("close", (event) => this.ended(event, status));
  }

  ended(event, status) {
    if (performance.now() - this.openedAt >= this.stable) this.failures = 0;
    this.ws = undefined;
    this.emit("close", event);
    if (this.closed) return;
    if (this.fatal.includes(event.code) || (status && !PASSING.includes(status))) {
      this.closed = true;
      this.emit("giveup", event);
      return;
    }
    const ceiling = Math.min(this.cap, this.base * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), Math.random() * ceiling);
  }

  // The connection is dead: a heartbeat was not answered. "close" may take minutes: do not wait.
  abandon() {
    const { ws } = this;
    if (!ws) return;
    this.ended({ type: "close", code: 1006, reason: "heartbeat not answered", wasClean: false });
    ws.close();
  }

  close(code = 1000, reason = "") {
    this.closed = true;
    clearTimeout(this.timer);
    this.ws?.close(code, reason);
  }

  // When this returns, the message was sent or queued. A sent one may be lost with its connection.
  send(data) {
    if (this.closed) throw new Error("this client is closed");
    if (this.ws?.readyState === WebSocket.OPEN) return this.ws.send(data);
    if (this.unsent.length >= this.queue) throw new Error("the queue is full");
    this.unsent.push(data);
  }

  on(event, callback) {
    this.handlers[event] ??= new Set();
    this.handlers[event].add(callback);
  }

  off(event, callback) {
    this.handlers[event]?.delete(callback);
  }

  emit(name, event) {
    for (const callback of [...(this.handlers[name] ?? [])]) {
      try {
        callback(event);
      } catch (error) {
        console.error(error); // a handler that fails must not stop the others
      }
    }
  }
}
