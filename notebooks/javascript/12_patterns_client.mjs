// Lesson 12 in JavaScript: requests that return promises, for pages and for Node.js.
//
//   node 12_patterns_client.mjs URL
//
// Asks the server for its data, and to join a room that does not exist. Prints the replies, and how
// many requests are pending.

/** Requests over one connection; each gets its own reply, or an error. */
export class Asker {
  pending = new Map(); // from an id to what waits for the reply
  #last = 0;

  /** @param {WebSocket} ws a connection; from a page, or of the library ws. */
  constructor(ws) {
    this.ws = ws;
    ws.addEventListener("message", ({ data }) => this.#settle(JSON.parse(data)));
    ws.addEventListener("close", () => {
      for (const id of this.pending.keys()) this.#settle({ id, error: "the connection has ended" });
    });
  }

  /**
   * Send a request, and wait at most so many milliseconds for the reply.
   *
   * @param {object} request what to ask; an id is added.
   * @param {number} limit milliseconds.
   * @returns {Promise} the reply's data; rejected with the error, or when the time is over.
   */
  ask(request, limit = 5000) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle({ id, error: "no answer in time" }), limit);
      this.pending.set(id, { resolve, reject, timer });
      this.ws.send(JSON.stringify({ id, ...request }));
    });
  }

  #settle({ id, data, error }) {
    const waiting = this.pending.get(id);
    if (!waiting) return; // not a reply, or one that came too late
    this.pending.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new Error(error));
    else waiting.resolve(data);
  }
}

if (typeof process !== "undefined" && import.meta.filename === process.argv[1]) {
  const { WebSocket } = await import("ws");
  const ws = new WebSocket(process.argv[2] ?? "ws://127.0.0.1:8080");
  await new Promise((done) => ws.addEventListener("open", done));
  const asker = new Asker(ws);
  const refused = asker.ask({ action: "join", room: "nowhere" }).catch(({ message }) => message);
  console.log((await asker.ask({ action: "getData" })).topics.join(" "));
  console.log(await refused);
  console.log("pending", asker.pending.size);
  ws.close();
}
