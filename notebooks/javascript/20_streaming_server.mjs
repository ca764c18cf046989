// Lesson 20 in Node.js: a model streams tokens, and a stop or a disconnect reaches the model.
//
//   node 20_streaming_server.mjs [PORT [TOKENS [MILLISECONDS]]]
//
// Prints the port that it listens on, and for each answer how many tokens were computed. Clients
// send {"action": "ask", "question": …} and {"action": "stop"}, as in exercise 20.1. Ctrl-C stops
// the server.

import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";

const [port = 8080, length = 200, time = 10] = process.argv.slice(2).map(Number);
const WORDS = "Eve says that she will pay Ana 100 euros tomorrow".split(" ");

const wss = new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 2 ** 16 });
wss.on("listening", () => console.log(wss.address().port));

/** The toy model. An abort of the signal ends its wait at once, with an AbortError. */
async function* stream(_question, signal) {
  for (let number = 0; number < length; number += 1) {
    await pause(time, undefined, { signal }); // the time that a token takes
    yield WORDS[number % WORDS.length];
  }
}

wss.on("connection", (ws) => {
  let running = new AbortController();
  ws.on("error", (error) => console.error("client:", error.message));
  ws.on("close", () => running.abort());
  ws.on("message", (text) => {
    const { action, question } = parse(text);
    running.abort(); // a stop ends the answer; so does the next question
    if (action === "ask") {
      running = new AbortController();
      answer(ws, stream(question, running.signal));
    }
  });
});

async function answer(ws, tokens) {
  let computed = 0;
  let end = "complete";
  try {
    for await (const token of tokens) {
      computed += 1;
      ws.send(JSON.stringify({ token }));
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    end = "stopped";
  }
  if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify({ end, computed }));
  console.log(`${end} after ${computed} tokens`);
}

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
