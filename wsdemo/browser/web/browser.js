// A WebSocket client. It logs what the browser's API does, and executes commands from Python.

import { beginning } from "./format.js";
import { attend, fromHex, QUIET, reachable, remark, report, toHex } from "./report.js";

const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
const MARKS = { open: "●", send: "↑", message: "↓", error: "!", exception: "!", close: "●" };
const NO_REASON =
  "Browsers do not say why, on purpose: a page must not learn what runs on your network.";
const MAX_LINES = 500;
const MAX_SHOWN = 2_000; // characters of a message in the log
const MAX_REPORTED = 100_000; // characters or bytes of a message that Python sees

// Cells that run in a row send commands faster than any person. A command is executed when the one
// before has had its effect, so that Run All shows the same as running cell by cell.
const PATIENCE = 1_000; // ms to wait for a pause
const PATIENCE_TO_OPEN = 5_000;

const $ = (id) => document.getElementById(id);
let settings, socket, connectedAt, lastEventAt;
let obeyed = Promise.resolve();

attend(begin, {
  connect: () => obey(connect),
  send: ({ data, hex }) => obey(() => send(data ?? fromHex(hex))),
  close: ({ code, reason }) => obey(() => close(code, reason)),
});

function begin(given) {
  settings = { ...given, url: reachable(given.url) };
  document.title = `${settings.name} – WebSocket client`;
  $("name").textContent = settings.name;
  $("address").textContent = $("address").title = settings.url;
  connect();
  return calm();
}

function connect() {
  connectedAt = lastEventAt = performance.now();
  try {
    socket = new WebSocket(settings.url, settings.subprotocols);
  } catch (error) {
    return failed(error);
  }
  socket.binaryType = "arraybuffer";
  socket.onopen = ({ target: { protocol, extensions } }) => {
    remark();
    saw(
      { type: "open", protocol, extensions },
      protocol ? `open, subprotocol ${protocol}` : "open",
    );
  };
  socket.onmessage = ({ data }) => saw({ type: "message", ...reported(data) }, shown(data));
  socket.onerror = () => saw({ type: "error" }, "error", NO_REASON);
  socket.onclose = ({ code, reason, wasClean }) => {
    saw(
      { type: "close", code, reason, wasClean },
      `close ${code} ${JSON.stringify(reason)} ${wasClean ? "clean" : "not clean"}`,
    );
  };
  showState();
}

function send(data) {
  try {
    const state = socket.readyState;
    socket.send(data);
    if (state > WebSocket.OPEN) {
      const text = `not sent: the connection is ${STATES[state]}`;
      saw({ type: "exception", text }, text, "send() drops such a message without an error.");
    } else {
      saw({ type: "send", ...reported(data) }, shown(data));
    }
  } catch (error) {
    failed(error);
  }
}

function close(code, reason) {
  try {
    socket.close(code, reason);
    showState();
  } catch (error) {
    failed(error);
  }
}

function failed({ name, message }) {
  const text = `${name}: ${message}`;
  saw({ type: "exception", text }, text);
}

function obey(action) {
  obeyed = obeyed.then(calm).then(action);
  return obeyed;
}

async function calm() {
  const asked = performance.now();
  lastEventAt = asked;
  for (;;) {
    const now = performance.now();
    const connecting = socket?.readyState === WebSocket.CONNECTING;
    const wait = connecting
      ? asked + PATIENCE_TO_OPEN - now
      : Math.min(lastEventAt + QUIET, asked + PATIENCE) - now;
    if (wait <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, QUIET)));
  }
}

// One event: a line in the log, and a report to Python.
function saw(event, text, note = "") {
  report(event);
  showState();
  lastEventAt = performance.now();
  const line = document.createElement("li");
  const seconds = ((performance.now() - connectedAt) / 1000).toFixed(3);
  line.className = event.type;
  line.append(
    part("time", `${seconds} s`),
    part("span", MARKS[event.type], "mark"),
    part("span", text, "text"),
  );
  if (note) line.append(part("small", note));
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  const lines = log.firstElementChild;
  lines.append(line);
  if (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function part(tag, textContent, className = "") {
  return Object.assign(document.createElement(tag), { textContent, className });
}

function showState() {
  const state = STATES[socket?.readyState ?? WebSocket.CLOSED];
  if ($("state").textContent === state) return;
  $("state").textContent = $("state").dataset.state = state;
}

function shown(data) {
  const text =
    typeof data === "string" ? data : toHex(data.slice(0, MAX_SHOWN)).replace(/..(?=.)/g, "$& ");
  const cut = text.length > MAX_SHOWN ? `${beginning(text, MAX_SHOWN)} …` : text;
  if (typeof data === "string") return cut === text ? text : `${cut} (${text.length} characters)`;
  return `${cut} (${data.byteLength} byte${data.byteLength === 1 ? "" : "s"})`.trim();
}

function reported(data) {
  const length = data.length ?? data.byteLength;
  return {
    ...(typeof data === "string"
      ? { data: beginning(data, MAX_REPORTED) }
      : { hex: toHex(data.slice(0, MAX_REPORTED)) }),
    ...(length > MAX_REPORTED ? { length } : {}),
  };
}

$("sending").onsubmit = (event) => {
  event.preventDefault();
  send($("text").value);
  $("text").value = "";
};
$("closing").onsubmit = (event) => {
  event.preventDefault();
  close(Number($("code").value), $("reason").value);
};
$("again").onclick = () => {
  if (socket?.readyState <= WebSocket.OPEN) socket.close();
  connect();
};
