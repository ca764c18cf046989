// The page of Pong, over a WebSocket or over MQTT.

import { $, address, connection, show, showConnected } from "./app.js";

const SIDES = ["left", "right"];
const [WIDTH, HEIGHT] = [100, 60];
const HALF_PADDLE = 6;
const KEYS = { ArrowUp: -1, w: -1, ArrowDown: 1, s: 1 };
const UNITS_PER_SECOND = 75;
const SAY_EACH_MS = 700;
const CLAIM_EACH_MS = 300;

const broker = new URLSearchParams(location.search).get("mqtt");
let me = null;
let state = null;
let side = null; // "left", "right", or null while I watch
let y = HEIGHT / 2; // where I want my paddle
let sent = null;
let moved = false; // my first move begins a game
let drawn = 0;
const pressed = new Set();

const on = {
  open: () => show("quiet", "connected"),
  message: (text) => receive(JSON.parse(text)),
  close: () => {
    state = side = sent = null;
    moved = false;
    $("seat").textContent = "";
  },
};
const socket = broker ? overMqtt(broker) : overWebSocket();

// Two ways to play: open(), and play(y), which sends where my paddle is.

function overWebSocket() {
  const { open, send } = connection(() => address, on);
  return { open, play: (y) => send(JSON.stringify({ y })) };
}

function overMqtt(url) {
  $("over").textContent = "over MQTT";
  me = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  let client = null;
  let claimed = 0;

  const say = (side, y) => client.publish(`pong/paddle/${side}`, JSON.stringify({ player: me, y }));
  const showState = (text) => {
    $("state").textContent = text;
    showConnected(client?.connected);
  };

  async function open() {
    showState(`connecting to ${url} …`);
    const library = await import("./mqtt.js").catch(() => null);
    if (!library) {
      showState("not connected");
      show(
        "trouble",
        "npm's mqtt is not here: run `npm install` in the folder javascript of the lessons, then start this server again",
      );
      return;
    }
    // If my connection is cut, the broker publishes my last will, which frees my side.
    const will = { topic: "pong/gone", payload: me, qos: 1, retain: false };
    client = library.default.connect(url, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      keepalive: 10,
      will,
    });
    client.on("connect", () => {
      showState(`connected to ${url}`);
      client.subscribe("pong/state");
      on.open();
    });
    client.on("message", (_topic, payload) => {
      on.message(payload);
      const free = SIDES.find((each) => !state.players[each]);
      if (side || !free || Date.now() < claimed + CLAIM_EACH_MS) return;
      claimed = Date.now();
      say(free, y);
    });
    client.on("error", (error) => show("trouble", error.message));
    client.on("close", () => {
      showState("not connected");
      show("trouble", "closed");
      on.close();
    });
  }

  $("toggle").addEventListener("click", () => {
    if (!client?.connected) return open();
    client.publish("pong/gone", me); // a client that disconnects has no last will
    client.end();
  });
  showState("not connected");
  return { open, play: (y) => client?.connected && say(side, y) };
}

// What is received

function receive(message) {
  if (message.you) me = message.you;
  if (message.error) show("trouble", message.error);
  if (!message.ball) return;
  state = message;
  const now = SIDES.find((each) => state.players[each] === me) ?? null;
  if (now !== side) {
    side = now;
    if (side) y = state.paddles[side];
    sent = y;
  }
  const who = (each) => (each === side ? "you" : state.players[each] ? "somebody" : "the bot");
  const { left, right } = state.score;
  const waiting = !broker && side && !moved && state.ball[0] === WIDTH / 2 && left + right === 0;
  const hint = side ? (waiting ? " Move your paddle to begin." : "") : " You watch.";
  const seat = `Left, ${who("left")}: ${left}. Right, ${who("right")}: ${right}.${hint}`;
  if ($("seat").textContent !== seat) $("seat").textContent = seat; // each change is read aloud
}

// What is drawn, once a frame of the screen, and what is sent then

function frame(time) {
  const passed = Math.min(time - drawn, 100) / 1000;
  drawn = time;
  for (const key of pressed) y += KEYS[key] * UNITS_PER_SECOND * passed;
  y = Math.round(10 * Math.min(Math.max(y, HALF_PADDLE), HEIGHT - HALF_PADDLE)) / 10;
  if (state && side && y !== sent) {
    socket.play(y);
    sent = y;
    moved = true;
  }
  if (state) draw();
  requestAnimationFrame(frame);
}

function draw() {
  for (const each of SIDES) {
    $(each).setAttribute("y", (each === side ? y : state.paddles[each]) - HALF_PADDLE);
    $(each).classList.toggle("mine", each === side);
    $(`${each}-score`).textContent = state.score[each];
  }
  $("ball").setAttribute("cx", state.ball[0]);
  $("ball").setAttribute("cy", state.ball[1]);
  if (document.activeElement !== $("height")) $("height").value = HEIGHT - y;
}

// For players who do not see the ball

let lastX = 50;
setInterval(() => {
  if (!state || !side || !$("say").checked) {
    $("where").textContent = "";
    return;
  }
  const [x, height] = state.ball;
  const coming = side === "left" ? x < lastX : x > lastX;
  lastX = x;
  const off = height - y;
  const place =
    Math.abs(off) < HALF_PADDLE ? "at your height" : off < 0 ? "above you" : "below you";
  $("where").textContent = `The ball ${coming ? "comes" : "is away"}, ${place}.`;
}, SAY_EACH_MS);

// How a paddle is moved. A slider counts from below, so that its own keys go the right way.

$("height").addEventListener("input", () => (y = HEIGHT - $("height").value));
for (const kind of ["pointerdown", "pointermove"]) {
  $("field").addEventListener(kind, (event) => {
    const field = $("field").getBoundingClientRect();
    if (side) y = ((event.clientY - field.top) / field.height) * HEIGHT;
  });
}
addEventListener("keydown", (event) => {
  if (!KEYS[event.key] || !side || event.target === $("height") || event.target === $("log"))
    return;
  pressed.add(event.key);
  event.preventDefault();
});
addEventListener("keyup", (event) => pressed.delete(event.key));
addEventListener("blur", () => pressed.clear());

socket.open();
requestAnimationFrame(frame);
