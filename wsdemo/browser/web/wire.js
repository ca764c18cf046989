// A wire: its lines as they come, and buttons that send commands to Python.

import { attend, remark, report } from "./report.js";
import { Log } from "./wire_log.js";

const HINTS = {
  text: "text",
  binary: "bytes in hexadecimal: 00 ff",
  ping: "text",
  pong: "text",
  close: "code and reason: 1001 going away",
  raw: "bytes in hexadecimal: 81 05 48 69",
};
const STOPPED =
  "This wire is stopped: nothing passes any more. Run the cell that makes it, then this cell again.";
const MAX_CALLS = 50;
const SPEAK = 10_000; // ms between two summaries for a screen reader

const $ = (id) => document.getElementById(id);
const log = new Log($("log"));
let stopped = false;

attend(
  ({ url }) => {
    $("address").textContent = $("address").title = url;
  },
  {},
  {
    news: ({ lines, fates, state }) => {
      if (fates) log.update(fates);
      if (lines) {
        log.add(lines);
        speakSoon(lines.length);
      }
      if (state) showState(state);
    },
    answer: ({ python, error }) => {
      $("error").textContent = error ?? "";
      if (python) showCall(python);
    },
  },
);

// What happens on the wire

function showState({ running, open, connections, conditions }) {
  const now = running ? `open, ${open || "no"} connection${open === 1 ? "" : "s"}` : "stopped";
  if ($("state").textContent !== now) $("state").textContent = now;
  $("state").dataset.state = running ? "open" : "stopped";
  const words = running ? conditionWords(conditions) : "";
  if ($("conditions").textContent !== words) $("conditions").textContent = words;
  offer($("connection"), connections);
  if (stopped === !running) return;
  stopped = !running;
  for (const fieldset of document.querySelectorAll("fieldset")) fieldset.disabled = stopped;
  remark(stopped && STOPPED);
}

function conditionWords(conditions) {
  const both = Object.entries(conditions).map(([direction, { frozen, delay, rate }]) => [
    direction,
    [
      ...(frozen ? ["frozen"] : []),
      ...(delay ? [`delay ${delay} s`] : []),
      ...(rate ? [`throttle ${rate} bytes/s`] : []),
    ].join(", "),
  ]);
  if (both[0][1] === both[1][1]) return both[0][1];
  return both
    .filter(([, words]) => words)
    .map(([direction, words]) => `${words} (${direction})`)
    .join(", ");
}

/** Offer the latest connections, if there are several; the one that is chosen stays. */
function offer(select, connections) {
  select.hidden = connections < 2;
  const first = Math.max(1, connections - 19);
  const last = Number(select.lastElementChild.value) || first - 1;
  for (let each = Math.max(first, last + 1); each <= connections; each += 1)
    select.append(new Option(`connection ${each}`, each));
  for (const option of [...select.options])
    if (option.value && option.value < first && !option.selected) option.remove();
}

// A screen reader hears how many lines have come, and not each of them.
let unspoken = 0;

function speakSoon(count) {
  if (!unspoken) setTimeout(speak, SPEAK);
  unspoken += count;
}

function speak() {
  $("spoken").textContent = `${unspoken} new line${unspoken === 1 ? "" : "s"}`;
  unspoken = 0;
}

// Which lines are shown

function filter() {
  const direction = $("show-direction").value;
  const kind = $("show-kind").value;
  const text = $("show-text").value.toLowerCase();
  if (!direction && !kind && !text) return log.filter();
  log.filter(
    (line) =>
      (!direction || line.direction === direction) &&
      (!kind || line.kind === kind) &&
      `${line.kind} ${line.text} ${line.notes}`.toLowerCase().includes(text),
  );
}
for (const id of ["show-direction", "show-kind", "show-text"]) $(id).oninput = filter;

// What is done to the connections: a button stands for what one types in `wsdemo wire`

function command(typed) {
  report({ type: "command", typed });
}

for (const button of document.querySelectorAll("[data-command]"))
  button.onclick = () => {
    const { command: name, input } = button.dataset;
    const words = [name, input && $(input).value.trim(), $("direction").value];
    command(words.filter(Boolean).join(" "));
  };
for (const button of document.querySelectorAll("[data-inject]"))
  button.onclick = () => {
    const connection = $("connection").value;
    const where = connection ? ` on ${connection}` : "";
    command(`inject ${$("kind").value} ${$("data").value} ${button.dataset.inject}${where}`);
  };
for (const [field, button] of [
  ["delay", "[data-input=delay]"],
  ["rate", "[data-input=rate]"],
])
  $(field).onkeydown = ({ key }) => {
    if (key === "Enter") document.querySelector(button).click();
  };
$("controls").onsubmit = (event) => event.preventDefault();
$("kind").oninput = () => {
  $("data").placeholder = HINTS[$("kind").value];
};
$("kind").oninput();

// The same in Python

function showCall(python) {
  const box = $("python").querySelector("div");
  const list = box.firstElementChild;
  const line = document.createElement("li");
  const code = Object.assign(document.createElement("code"), { textContent: python });
  const copying = Object.assign(document.createElement("button"), { textContent: "copy" });
  copying.type = "button";
  copying.setAttribute("aria-label", `copy ${python}`);
  copying.onclick = async () => {
    copying.textContent = (await copy(code)) ? "copied" : "selected: press Ctrl-C";
  };
  line.append(code, copying);
  list.append(line);
  if (list.childElementCount > MAX_CALLS) list.firstElementChild.remove();
  $("python").hidden = false;
  box.scrollTop = box.scrollHeight;
}

/** Copy the text of an element. In a frame, the clipboard's newer API is often not allowed. */
async function copy(element) {
  getSelection().selectAllChildren(element);
  if (document.execCommand("copy")) return true;
  return navigator.clipboard?.writeText(element.textContent).then(
    () => true,
    () => false,
  );
}

// The frame grows with what it shows.
new ResizeObserver(() => {
  parent.postMessage({ height: document.documentElement.offsetHeight }, "*");
}).observe(document.documentElement);
