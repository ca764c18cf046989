// Lesson 10 in Node.js: one feed, read in four ways.
//
//   node 10_polling.mjs WAY URL [AFTER [COUNT]]
//
// WAY is short, long, sse or websocket. It prints the numbers of the first COUNT events after AFTER.

import WebSocket from "ws";

const [way, url = "http://127.0.0.1:8080", after = 0, count = 5] = process.argv.slice(2);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function* polls(path, ms) {
  for (let n = Number(after); ; await pause(ms)) {
    const text = await (await fetch(`${url}${path}?after=${n}`)).text();
    for (const event of text.split("\n").filter(Boolean).map(JSON.parse)) {
      n = event.n;
      yield event;
    }
  }
}

// An event ends with an empty line (WHATWG HTML, 9.2); a piece of the stream may end anywhere.
async function* sse() {
  const response = await fetch(`${url}/events?after=${after}`);
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data: "));
      if (data.length) yield JSON.parse(data.map((line) => line.slice(6)).join("\n"));
    }
  }
}

async function* websocket() {
  const ws = new WebSocket(url);
  const waiting = [];
  let wake = () => {};
  const put = (what) => {
    waiting.push(what);
    wake();
  };
  ws.on("message", (message) => put(JSON.parse(message)));
  ws.on("error", (error) => console.error(error.message));
  ws.on("close", () => put(null));
  try {
    for (;;) {
      while (waiting.length) {
        const event = waiting.shift();
        if (event === null) return;
        yield event;
      }
      await new Promise((resolve) => (wake = resolve));
    }
  } finally {
    ws.close();
  }
}

const ways = { short: () => polls("/now", 20), long: () => polls("/next", 0), sse, websocket };
const numbers = [];
for await (const { n } of ways[way]()) {
  numbers.push(n);
  if (numbers.length >= count) break;
}
console.log(...numbers);
