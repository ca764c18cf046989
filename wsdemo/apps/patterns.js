// The page of the server for requests, topics and rooms.

import { $, address, connection, show, showTime } from "./app.js";

const TIMEOUT_MS = 5000;
const NAMES = {
  topic: "Topic",
  room: "Room",
  data: "Data",
  key: "Key, if it needs one",
  message: "Message",
};
const FIELDS = {
  getData: [],
  subscribe: ["topic"],
  unsubscribe: ["topic"],
  publish: ["topic", "data"],
  join: ["room", "key"],
  leave: ["room"],
  message: ["room", "message"],
};
let known = {};
const joined = { topic: new Set(), room: new Set() };
const pending = new Map(); // from a request's id to what waits for its answer
let lastId = 0;

const socket = connection(() => address, {
  open: () => {
    showJoined();
    ask({ action: "getData" });
  },
  message: (text) => receive(text),
  close: () => {
    for (const id of pending.keys()) settle(id);
    joined.topic.clear();
    joined.room.clear();
    $("joined").textContent = "";
  },
});

function ask(request) {
  const id = ++lastId;
  const timer = setTimeout(() => settle(id) && show("trouble", `no answer to ${id}`), TIMEOUT_MS);
  pending.set(id, { ...request, timer });
  const text = JSON.stringify({ id, ...request });
  if (socket.send(text)) show("sent", text, "↑");
  else settle(id);
}

/** Remove a request from those that are pending; return it if it was there. */
function settle(id) {
  const request = pending.get(id);
  clearTimeout(request?.timer);
  pending.delete(id);
  return request;
}

function receive(text) {
  const message = JSON.parse(text);
  const line = show(message.error ? "trouble" : "received", text, "↓");
  if (message.data?.time) showTime(line, message.data.time);
  const request = settle(message.id);
  if (request && !message.error) done(request, message.data);
}

/** Take note of what the server has done. */
function done({ action, topic, room }, data) {
  if (action === "getData") offer(data);
  if (action === "subscribe") joined.topic.add(topic);
  if (action === "unsubscribe") joined.topic.delete(topic);
  if (action === "join") joined.room.add(room);
  if (action === "leave") joined.room.delete(room);
  showJoined();
}

function showJoined() {
  const list = (names) => [...names].join(", ") || "none";
  $("joined").textContent = `Your topics: ${list(joined.topic)}. Your rooms: ${list(joined.room)}.`;
}

function offer(data) {
  known = { topic: data.topics, room: data.rooms };
  adapt();
}

/** Name the fields after the action, and disable those that it does not use. */
function adapt() {
  const [noun, what] = FIELDS[$("action").value];
  $("name-label").textContent = NAMES[noun] ?? "Name";
  $("value-label").textContent = NAMES[what] ?? "Value";
  $("name").disabled = !noun;
  $("value").disabled = !what;
  const names = known[noun] ?? [];
  $("known").replaceChildren(...names.map((name) => new Option(name, name)));
  if (!names.includes($("name").value)) $("name").value = names[0] ?? "";
}

/** What was typed, as JSON if it is JSON. */
function value(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

$("action").addEventListener("change", adapt);
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const action = $("action").value;
  const [noun, what] = FIELDS[action];
  const typed = $("value").value;
  const request = { action };
  if (noun) request[noun] = $("name").value;
  if (what && (typed || what !== "key")) request[what] = what === "data" ? value(typed) : typed;
  ask(request);
});
adapt();
socket.open();
