// The browser's EventSource, on the network in memory (HTML, server-sent events).

import { load } from "./fetch.js";
import { defineConstants, defineHandlers } from "./handlers.js";
import { isFirefox, pageUrl } from "./orders.js";

const PAUSE = isFirefox ? 5_000 : 3_000; // ms until it connects again, if the server names none
const [CONNECTING, OPEN, CLOSED] = [0, 1, 2];

export class TabEventSource extends EventTarget {
  #url;
  #withCredentials;
  #readyState = CONNECTING;
  #lastId = "";
  #pause = PAUSE;
  #ended = new AbortController();

  constructor(address, { withCredentials = false } = {}) {
    super();
    const url = URL.parse(address, pageUrl);
    if (!url) throw new DOMException(`Cannot open an EventSource to '${address}'.`, "SyntaxError");
    this.#url = url.href;
    this.#withCredentials = Boolean(withCredentials);
    this.#run();
  }

  get url() {
    return this.#url;
  }
  get readyState() {
    return this.#readyState;
  }
  get withCredentials() {
    return this.#withCredentials;
  }

  close() {
    this.#readyState = CLOSED;
    this.#ended.abort();
  }

  async #run() {
    while (this.#readyState !== CLOSED) {
      const canGoOn = await this.#connect().catch(() => true);
      if (this.#readyState === CLOSED) return;
      this.#readyState = canGoOn ? CONNECTING : CLOSED;
      this.dispatchEvent(new Event("error"));
      await new Promise((resolve) => setTimeout(resolve, this.#pause));
    }
  }

  /** Read the stream to its end; tell whether there may be another one. */
  async #connect() {
    const headers = { accept: "text/event-stream", "cache-control": "no-cache" };
    if (this.#lastId) headers["last-event-id"] = this.#lastId;
    const credentials = this.#withCredentials ? "include" : "same-origin";
    const wish = { url: this.#url, headers, credentials, is_event_source: true };
    const response = await load(wish, this.#ended.signal).catch((error) => {
      if (error instanceof TypeError) return null; // refused, or not for this page
      throw error;
    });
    const type = response?.headers.get("content-type") ?? "";
    if (response?.status !== 200 || !type.startsWith("text/event-stream")) return !response;
    this.#readyState = OPEN;
    this.dispatchEvent(new Event("open"));
    await this.#read(response.body.pipeThrough(new TextDecoderStream()));
    return true;
  }

  async #read(stream) {
    let rest = "";
    let event = { data: [], type: "message" };
    for await (const piece of stream) {
      const lines = (rest + piece).split(/\r\n|\r(?!$)|\n/);
      rest = lines.pop();
      for (const line of lines) {
        if (line) {
          this.#take(line, event);
          continue;
        }
        if (event.data.length) this.#dispatch(event);
        event = { data: [], type: "message" };
      }
    }
  }

  #take(line, event) {
    const [, name, value = ""] = line.match(/^([^:]*)(?:: ?(.*))?$/s);
    if (name === "data") event.data.push(value);
    else if (name === "event") event.type = value || "message";
    else if (name === "id" && !value.includes("\0")) this.#lastId = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.#pause = Number(value);
  }

  #dispatch({ data, type }) {
    if (this.#readyState === CLOSED) return;
    const { origin } = new URL(this.#url);
    const details = { data: data.join("\n"), lastEventId: this.#lastId, origin };
    this.dispatchEvent(new MessageEvent(type, details));
  }
}

Object.defineProperty(TabEventSource, "name", { value: "EventSource" });
defineConstants(TabEventSource, ["CONNECTING", "OPEN", "CLOSED"]);
defineHandlers(TabEventSource.prototype, ["open", "message", "error"]);
