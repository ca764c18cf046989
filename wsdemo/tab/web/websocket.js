// The browser's WebSocket, on the network in memory.

import { defineConstants, defineHandlers } from "./handlers.js";
import { isFirefox, order, pageUrl } from "./orders.js";

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const LONGEST_REASON = 123; // bytes
const MOST_OPEN = isFirefox ? 200 : 255; // of one page
const ABNORMAL = { code: 1006, reason: "", wasClean: false };
const bytesOf = (text) => new TextEncoder().encode(text);
const sizeOf = (data) => (typeof data === "string" ? bytesOf(data).length : data.length);
let open = 0;

const FIREFOX = {
  SyntaxError: "An invalid or illegal string was specified",
  InvalidStateError: "An attempt was made to use an object that is not, or is no longer, usable",
  InvalidAccessError: "A parameter or an operation is not supported by the underlying object",
};

/** Raise what the browser would, in its words. */
function raise(name, doing, text) {
  const words = isFirefox ? FIREFOX[name] : `Failed to ${doing} 'WebSocket': ${text}`;
  throw new DOMException(words, name);
}

/** Return the address to connect to. */
function parse(address) {
  const wrong = (text) => raise("SyntaxError", "construct", text);
  const url = URL.parse(address, pageUrl) ?? wrong(`The URL '${address}' is invalid.`);
  const scheme = url.protocol.slice(0, -1);
  url.protocol = url.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(url.protocol)) {
    const allowed = "must be either 'http', 'https', 'ws', or 'wss'";
    wrong(`The URL's scheme ${allowed}. '${scheme}' is not allowed.`);
  }
  if (url.hash) {
    const found = `contains a fragment identifier ('${url.hash.slice(1)}')`;
    wrong(`The URL ${found}. Fragment identifiers are not allowed in WebSocket URLs.`);
  }
  return url;
}

/** Return the subprotocols to offer, from one or a list. */
function check(protocols) {
  const isList = typeof protocols === "object" && protocols?.[Symbol.iterator];
  const offered = (isList ? [...protocols] : [protocols]).map(String);
  const wrong = (each, what) =>
    raise("SyntaxError", "construct", `The subprotocol '${each}' is ${what}.`);
  for (const each of offered) if (!TOKEN.test(each)) wrong(each, "invalid");
  offered.forEach((each, index) => {
    if (offered.indexOf(each) < index) wrong(each, "duplicated");
  });
  return offered;
}

export class TabWebSocket extends EventTarget {
  #url;
  #tell;
  #readyState = 0;
  #bufferedAmount = 0;
  #binaryType = "blob";
  #protocol = "";
  #extensions = "";
  #sending = Promise.resolve(); // a Blob has to be read first, and keeps its place
  #waits = 0; // what comes behind it

  constructor(address, protocols = []) {
    super();
    const url = parse(address);
    const offered = check(protocols);
    this.#url = url.href;
    if (open >= MOST_OPEN) {
      this.#tell = () => {};
      setTimeout(() => this.#receive({ type: "close", ...ABNORMAL, failed: true }));
    } else {
      const what = { do: "open", url: url.href, protocols: offered };
      this.#tell = order(what, (answer) => this.#receive(answer));
    }
    open += 1;
  }

  get url() {
    return this.#url;
  }
  get readyState() {
    return this.#readyState;
  }
  get bufferedAmount() {
    return this.#bufferedAmount;
  }
  get protocol() {
    return this.#protocol;
  }
  get extensions() {
    return this.#extensions;
  }
  get binaryType() {
    return this.#binaryType;
  }
  set binaryType(type) {
    if (["blob", "arraybuffer"].includes(type)) this.#binaryType = type;
  }

  send(data) {
    if (this.#readyState === 0) {
      raise("InvalidStateError", "execute 'send' on", "Still in CONNECTING state.");
    }
    let bytes = data;
    if (data instanceof ArrayBuffer) bytes = new Uint8Array(data.slice());
    else if (ArrayBuffer.isView(data))
      bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    else if (!(data instanceof Blob)) bytes = String(data).toWellFormed();
    this.#bufferedAmount += data instanceof Blob ? data.size : sizeOf(bytes);
    if (this.#readyState > 1) return; // dropped, without an error
    if (data instanceof Blob || this.#waits) {
      this.#waits += 1;
      this.#sending = this.#sending.then(async () => {
        const read = data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : bytes;
        this.#waits -= 1;
        this.#tell({ do: "send", data: read });
      });
    } else {
      this.#tell({ do: "send", data: bytes });
    }
  }

  close(code, reason = "") {
    const number = code === undefined ? undefined : toCode(code);
    if (number !== undefined && number !== 1000 && !(number >= 3000 && number <= 4999)) {
      const text = `The close code must be either 1000, or between 3000 and 4999. ${number} is neither.`;
      raise("InvalidAccessError", "execute 'close' on", text);
    }
    if (bytesOf(String(reason)).length > LONGEST_REASON) {
      const text = `The close reason must not be greater than ${LONGEST_REASON} UTF-8 bytes.`;
      raise("SyntaxError", "execute 'close' on", text);
    }
    if (this.#readyState > 1) return;
    this.#readyState = 2;
    const what = { do: "close", code: number ?? (reason ? 1000 : 1005), reason: String(reason) };
    if (this.#waits) this.#sending = this.#sending.then(() => this.#tell(what));
    else this.#tell(what);
  }

  #receive({ type, ...details }) {
    if (type === "sent") {
      this.#bufferedAmount -= details.size;
    } else if (type === "open") {
      if (this.#readyState) return; // it was closed before
      this.#readyState = 1;
      this.#protocol = details.protocol;
      this.#extensions = details.extensions;
      this.dispatchEvent(new Event("open"));
    } else if (type === "message") {
      if (this.#readyState !== 1) return;
      const { origin } = new URL(this.#url);
      this.dispatchEvent(
        new MessageEvent("message", { data: this.#received(details.data), origin }),
      );
    } else if (type === "close") {
      open -= 1;
      this.#readyState = 3;
      if (details.failed) this.dispatchEvent(new Event("error"));
      this.dispatchEvent(new CloseEvent("close", details));
    }
  }

  #received(data) {
    if (typeof data === "string") return data;
    return this.#binaryType === "blob" ? new Blob([data]) : data.slice().buffer;
  }
}

// Web IDL, [Clamp] unsigned short.
function toCode(code) {
  return Math.min(Math.max(Math.round(Number(code)) || 0, 0), 65_535);
}

Object.defineProperty(TabWebSocket, "name", { value: "WebSocket" });
defineConstants(TabWebSocket, ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]);
defineHandlers(TabWebSocket.prototype, ["open", "message", "error", "close"]);
