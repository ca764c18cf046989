// What the pages of all servers share: one connection, its state in words, a log of what happened.

export const $ = (id) => document.getElementById(id);

const MAX_LINES = 500;

/** The server's address: this page's own, without its query. */
export const address = location.href.replace(/^http/, "ws").replace(/[?#].*$/, "");

/** An element with a stranger's text: markup stays text, and its writing direction stays inside. */
export function apart(tag, textContent) {
  return Object.assign(document.createElement(tag), { textContent, dir: "auto" });
}

/** Add a line to the log; with a speaker, their name comes first. */
export function show(kind, text, speaker = "") {
  const line = document.createElement("li");
  line.className = kind;
  if (speaker) line.append(apart("b", speaker), " ");
  line.append(apart("bdi", text));
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const lines = log.firstElementChild;
  lines.append(line);
  if (lines.childElementCount > MAX_LINES) lines.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
  return line;
}

/** Add a time to a line of the log. */
export function showTime(line, timestamp) {
  const time = document.createElement("time");
  time.dateTime = new Date(timestamp).toISOString();
  time.textContent = new Date(timestamp).toLocaleTimeString();
  line.append(time);
}

/** Name the button after what it does now, and enable what needs a connection. */
export function showConnected(isOpen) {
  $("toggle").textContent = isOpen ? "Close" : "Connect";
  const focused = document.activeElement;
  for (const each of document.querySelectorAll("[data-needs-connection]")) each.disabled = !isOpen;
  if (focused?.disabled) $("toggle").focus(); // a disabled control cannot keep the focus
}

/**
 * A connection that a person opens and closes with the button "toggle".
 *
 * @param {function(): string} url asked at each opening.
 * @param {object} on open(ws), message(data) and close(event), each when it happens.
 * @returns an object with send(data), which returns whether it was open, and open(),
 *   which does nothing while a connection is open or opens.
 */
export function connection(url, on = {}) {
  let ws = null;
  const isOpen = () => ws?.readyState === WebSocket.OPEN;

  function showState(text) {
    $("state").textContent = text;
    // Not `disabled`, which would take the keyboard's focus from the button that was just pressed.
    $("toggle").setAttribute("aria-disabled", ws?.readyState === WebSocket.CONNECTING);
    showConnected(isOpen());
  }

  function open() {
    if (ws?.readyState <= WebSocket.OPEN) return;
    ws = new WebSocket(url());
    ws.binaryType = "arraybuffer";
    showState(`connecting to ${address} …`);
    ws.addEventListener("open", () => {
      showState(`connected to ${address}`);
      on.open?.(ws);
    });
    ws.addEventListener("message", ({ data }) => on.message?.(data));
    ws.addEventListener("close", (event) => {
      showState("not connected");
      show("trouble", `closed: code ${event.code}${event.reason && `, ${event.reason}`}`);
      on.close?.(event);
    });
  }

  $("toggle").addEventListener("click", () => {
    if (isOpen()) ws.close(1000, "button");
    else if ($("toggle").form.reportValidity()) open();
  });
  showState("not connected");
  return {
    open,
    send: (data) => {
      if (isOpen()) ws.send(data);
      return isOpen();
    },
  };
}
