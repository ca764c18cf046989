// What both pages share: the connection to the kernel, the address under study, the notice.

const here = new URL("./", location.href);
const query = location.search;

/** The connection on which this page reports to Python, and Python commands this page. */
const kernel = new WebSocket(new URL(`_report${query}`, here.href.replace(/^http/, "ws")));

/** Report an event to Python. */
export function report(event) {
  sendToPython(event);
  restSoon();
}

function sendToPython(event) {
  if (kernel.readyState === WebSocket.OPEN) kernel.send(JSON.stringify(event));
}

// Cells that run in a row wait for the pages they show: this one reports when it is at rest.
export const QUIET = 100; // ms without an event
let underWay = 0; // what Python has asked for and has not ended
let obeyed = 0; // commands since the start
let resting;

function restSoon() {
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (!underWay) sendToPython({ type: "settled", commands: obeyed });
  }, QUIET);
}

async function work(done) {
  underWay += 1;
  await done;
  underWay -= 1;
  restSoon();
}

/**
 * Wait for Python to start this page, then execute its commands.
 * @param {function(object)} start called once, with the settings.
 * @param {Object<string, function(object)>} commands what Python may ask for later.
 * @param {Object<string, function(object)>} news what Python tells unasked; no cell waits for it.
 *
 * Each of the first two may return a promise of its end.
 */
export function attend(start, commands = {}, news = {}) {
  let started = false;
  kernel.onmessage = ({ data }) => {
    const command = JSON.parse(data);
    if (command.do === "start") {
      started = true;
      notice();
      if (command.stopped) {
        remark(
          `Nothing listens at ${command.url}. ` +
            "Run the cell that starts this server, then this cell again.",
        );
      }
      work(start(command));
    } else if (command.do in news) {
      news[command.do](command);
    } else if (command.do !== "wait") {
      obeyed += 1;
      work(commands[command.do](command));
    } else if (started) {
      location.reload(); // another tab took over: end all that runs here, then wait there
    } else {
      notice("This page is already open in another tab or panel.", "Use it here", () =>
        report({ type: "take" }),
      );
    }
  };
  kernel.onclose = async ({ code }) => {
    if (code === 4001)
      return notice("The cell was run again: a newer panel has replaced this one.");
    if (leaving) return;
    const alive = await fetch(new URL(`_ping${query}`, here)).then(
      (answer) => answer.ok,
      () => false,
    );
    if (alive)
      notice("The connection to the kernel was cut.", "Open it again", () => location.reload());
    else
      notice(
        "The kernel that served this page is gone. Run the notebook’s cells again, up to this one.",
      );
  };
}

let leaving = false;
addEventListener("pagehide", () => {
  leaving = true;
});
addEventListener("pageshow", () => {
  leaving = false;
});

/**
 * Show a notice about the page itself; without a text, remove it.
 * With an action, the notice covers the page until it is taken; else the page stays readable.
 */
function notice(text, action, onclick) {
  document.querySelector("#notice")?.remove();
  for (const part of document.body.children) part.inert = Boolean(action);
  for (const form of document.forms) form.inert = Boolean(text);
  if (!text) return;
  remark(); // it may no longer be what helps
  const box = document.createElement("div");
  box.id = "notice";
  box.className = action ? "cover" : "";
  box.setAttribute("role", "status");
  box.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (action)
    box.append(Object.assign(document.createElement("button"), { textContent: action, onclick }));
  document.body.append(box);
}

/** Show a remark below the page; without a text, remove it. */
export function remark(text) {
  document.querySelector("#remark")?.remove();
  if (!text) return;
  const line = Object.assign(document.createElement("p"), { id: "remark", textContent: text });
  line.setAttribute("role", "status");
  document.body.append(line);
}

/**
 * The address by which this browser reaches a server beside the kernel.
 *
 * When this page came through a relay of the Jupyter server (.../wsdemo/PORT/), so must all else.
 */
export function reachable(address) {
  const relay = here.pathname.match(/^(.*\/(wsdemo|proxy)\/)\d+\/$/);
  if (!relay || !URL.canParse(address)) return address;
  const url = new URL(address);
  if (!/^(localhost|127\..*|\[::1\])$/.test(url.hostname)) return address;
  const scheme = url.protocol.startsWith("ws")
    ? here.protocol.replace("http", "ws")
    : here.protocol;
  const path = /^\w+:\/\/[^/?]+\//.test(address) || relay[2] === "proxy" ? url.pathname : "";
  return `${scheme}//${here.host}${relay[1]}${url.port || 80}${path}${url.search}`;
}

export function toHex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(hex) {
  return new Uint8Array(hex.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? []);
}
