// What the server and the client in this folder share: frames, messages, the end of a connection
// (RFC 6455 §5, §7), on a bare TCP socket of Node, without a library.

import { createHash, randomBytes } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // of §1.3
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const MAX_HEAD = 16 * 2 ** 10; // bytes of a request or a response
const MAX_MESSAGE = 16 * 2 ** 20; // bytes of a message, in all of its fragments

export const PATIENCE = 10_000; // ms for a handshake, and for the other side to end a connection

/** The other side broke the protocol: close the connection with this code (§7.1.7). */
class Failed extends Error {
  constructor(code, reason) {
    super(reason);
    this.code = code;
  }
}

/** A request or a response that is too long to be read. */
export class HeadTooLong extends Error {}

/** Return the proof that a request was read: the value of Sec-WebSocket-Accept (§4.2.2). */
export function accept(key) {
  return createHash("sha1")
    .update(key + GUID)
    .digest("base64");
}

/** Read the bytes of a socket in portions of a given size, however the network has cut them. */
export class Reader {
  #chunks;
  #buffer = Buffer.alloc(0);

  constructor(socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Wait for more bytes; return false at the end of the connection. */
  async #more(wanted = 0) {
    const parts = [this.#buffer];
    let size = this.#buffer.length;
    do {
      const { value, done } = await this.#chunks.next();
      if (done) return false;
      parts.push(value);
      size += value.length;
    } while (size < wanted);
    this.#buffer = Buffer.concat(parts); // once, because each copy takes time
    return true;
  }

  /** Return the next `size` bytes; undefined if the connection ends before. */
  async exactly(size) {
    while (this.#buffer.length < size) {
      if (!(await this.#more(size))) return undefined;
    }
    const data = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return data;
  }

  /** Read a request or a response up to its empty line: the first line, and the headers. */
  async head() {
    let end = this.#buffer.indexOf("\r\n\r\n");
    while (end < 0) {
      if (this.#buffer.length > MAX_HEAD) throw new HeadTooLong();
      if (!(await this.#more())) return undefined;
      end = this.#buffer.indexOf("\r\n\r\n");
    }
    const [first, ...lines] = this.#buffer.toString("latin1", 0, end).split("\r\n");
    this.#buffer = this.#buffer.subarray(end + 4);
    const headers = new Map();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    return { first, headers };
  }

  /** Read and drop what is still coming, until the other side ends the connection. */
  async rest() {
    do {
      this.#buffer = Buffer.alloc(0);
    } while (await this.#more());
  }
}

/** XOR each byte with one of the mask's four, in turn (§5.3). */
function applyMask(payload, mask) {
  const mixed = Buffer.alloc(payload.length);
  for (let i = 0; i < payload.length; i++) mixed[i] = payload[i] ^ mask[i & 3];
  return mixed;
}

/** A connection after its opening handshake, for a server or for a client. */
export class Connection {
  constructor(socket, reader, isClient = false) {
    this.socket = socket;
    this.reader = reader;
    this.isClient = isClient; // a client sends with a mask, and receives without one
  }

  /** Read one frame, `collected` bytes of its message being here; undefined at the end. */
  async #readFrame(collected) {
    const start = await this.reader.exactly(2);
    if (!start) return undefined;
    const [first, second] = start;
    const fin = first >> 7 === 1;
    const opcode = first & 0b1111;
    const hasMask = second >> 7 === 1;
    let length = second & 0b1111111;
    if ((first >> 4) & 0b111) throw new Failed(1002, "a reserved bit is set");
    if (![CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) {
      throw new Failed(1002, "reserved opcode");
    }
    if (hasMask === this.isClient) {
      throw new Failed(1002, "a client masks each frame, a server none");
    }
    if (opcode >= CLOSE && !(fin && length <= 125)) {
      throw new Failed(1002, "a control frame is too long, or fragmented");
    }
    if (length >= 126) {
      const extended = await this.reader.exactly(length === 126 ? 2 : 8);
      if (!extended) return undefined;
      if (extended[0] >> 7 && length === 127) throw new Failed(1002, "no such length");
      // A number of JavaScript is exact up to 2 ** 53, and what is longer is refused anyway.
      length = length === 126 ? extended.readUInt16BE() : Number(extended.readBigUInt64BE());
    }
    if (opcode < CLOSE && collected + length > MAX_MESSAGE)
      throw new Failed(1009, "message too big");
    const mask = hasMask ? await this.reader.exactly(4) : Buffer.alloc(4);
    const payload = mask && (await this.reader.exactly(length));
    return payload && { fin, opcode, data: applyMask(payload, mask) };
  }

  /** Read a message: its kind, TEXT or BINARY, and its payload; undefined at the end. */
  async #readMessage() {
    let kind;
    let size = 0;
    const parts = [];
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (;;) {
      const frame = await this.#readFrame(size);
      if (!frame) return undefined;
      const { fin, opcode, data } = frame;
      if (opcode === PING) await this.send(PONG, data);
      if (opcode === CLOSE) {
        await this.send(CLOSE, answerToClose(data));
        return undefined;
      }
      if (opcode >= CLOSE) continue;
      if ((opcode === CONTINUATION) !== (kind !== undefined)) {
        const reason = "a continuation without a beginning, or a new message inside another";
        throw new Failed(1002, reason);
      }
      kind ??= opcode;
      if (kind === TEXT) checkText(decoder, data, fin);
      parts.push(data);
      size += data.length;
      if (fin) return { kind, payload: Buffer.concat(parts) };
    }
  }

  /** Send a frame; wait if the other side does not read. */
  async send(opcode, payload = Buffer.alloc(0)) {
    const { length } = payload;
    const form = length <= 125 ? 0 : length < 2 ** 16 ? 2 : 8; // bytes of the extended length
    const header = Buffer.alloc(2 + form);
    header[0] = 0b10000000 | opcode;
    header[1] = (form === 0 ? length : form === 2 ? 126 : 127) | (this.isClient ? 128 : 0);
    if (form === 2) header.writeUInt16BE(length, 2);
    if (form === 8) header.writeBigUInt64BE(BigInt(length), 2);
    const mask = this.isClient ? randomBytes(4) : Buffer.alloc(0);
    const data = this.isClient ? applyMask(payload, mask) : payload;
    const sent = this.socket.write(Buffer.concat([header, mask, data]));
    if (!sent && !this.socket.destroyed) {
      await new Promise((resolve) => {
        this.socket.once("drain", resolve).once("close", resolve);
      });
      this.socket.removeAllListeners("drain");
    }
  }

  /** Send each message back, until the connection ends; then end the TCP connection (§7.1.1). */
  async echo() {
    try {
      for (;;) {
        const message = await this.#readMessage();
        if (!message) break;
        await this.send(message.kind, message.payload);
      }
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      const reason = Buffer.from(`\0\0${error.message}`);
      reason.writeUInt16BE(error.code);
      await this.send(CLOSE, reason);
    }
    await end(this.socket, this.reader);
  }
}

/**
 * End the TCP connection, and wait for the other side to do the same.
 *
 * What it has still sent is read: unread bytes would make the system send a reset, which can
 * overtake our last frame.
 */
export async function end(socket, reader) {
  socket.end();
  socket.setTimeout(PATIENCE, () => socket.destroy());
  await reader.rest();
}

/** Return the payload of the Close frame that answers another one's (§5.5.1, §7.4). */
function answerToClose(payload) {
  if (payload.length === 0) return payload;
  const code = payload.length > 1 ? payload.readUInt16BE() : 0;
  const registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!registered && !(code >= 3000 && code <= 4999)) throw new Failed(1002, "no such close code");
  checkText(new TextDecoder("utf-8", { fatal: true }), payload.subarray(2), true);
  return payload.subarray(0, 2);
}

/** Refuse what is not UTF-8 (§8.1); a character may end in the next fragment. */
function checkText(decoder, data, final) {
  try {
    decoder.decode(data, { stream: !final });
  } catch {
    throw new Failed(1007, "not UTF-8");
  }
}
