// Runs the code of a javascript cell and shows its console.

import { beginning, format } from "./format.js";
import { attend, reachable, report } from "./report.js";

const MAX_LINES = 1_000;
const MAX_TEXT = 20_000;
const LEVELS = {
  log: "log",
  info: "log",
  debug: "log",
  table: "log",
  warn: "warn",
  error: "error",
};

// A program is at rest when its code has ended and it has printed something. One that waits for
// ever, or prints nothing, is at rest when it has been silent for this long.
const PATIENCE = 3_000; // ms: on a busy machine, a page or a connection takes one second to come
let lastLineAt, printed;
const firstLine = new Promise((done) => {
  printed = done;
});

attend((settings) => Promise.race([Promise.all([run(settings), firstLine]), silence()]));

async function silence() {
  lastLineAt = performance.now();
  for (;;) {
    const wait = lastLineAt + PATIENCE - performance.now();
    if (wait <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function run({ name, url, code }) {
  document.title = `${name} – JavaScript`;
  document.querySelector("h1").textContent = name;
  try {
    // The cell is the body of an async function, so that it may await. DevTools list it by name.
    const AsyncFunction = (async () => {}).constructor;
    await new AsyncFunction("url", `${code}\n//# sourceURL=${encodeURIComponent(name)}.js`)(
      url && reachable(url),
    );
  } catch (error) {
    print("error", `Uncaught ${format(error)}`);
  }
  report({ type: "done" });
}

for (const [method, level] of Object.entries(LEVELS)) {
  const original = console[method];
  console[method] = (...values) => {
    original.apply(console, values);
    print(level, format(...values));
  };
}
addEventListener("error", ({ error, message }) =>
  print("error", error ? `Uncaught ${format(error)}` : message),
);
addEventListener("unhandledrejection", ({ reason }) =>
  print("error", `Uncaught (in promise) ${format(reason)}`),
);

const log = document.getElementById("log").firstElementChild;

function print(type, text) {
  lastLineAt = performance.now();
  printed();
  const shown = beginning(text, MAX_TEXT);
  report({ type, text: shown });
  log.append(Object.assign(document.createElement("li"), { textContent: shown, className: type }));
  if (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
  document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
}

// The frame grows with what it shows; past this it scrolls.
const MAX_HEIGHT = 480;
new ResizeObserver(() => {
  parent.postMessage({ height: Math.min(document.documentElement.offsetHeight, MAX_HEIGHT) }, "*");
}).observe(document.documentElement);
