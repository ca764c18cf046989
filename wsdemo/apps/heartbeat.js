// The page of the heartbeat server: is the connection alive?

import { $, address, connection, show } from "./app.js";

let timer = 0;
let asked = 0; // when the heartbeat that waits for its answer was sent; 0 without one

const socket = connection(() => address, {
  open: () => beat(),
  message: (data) => {
    if (JSON.parse(data).type !== "heartbeat" || !asked) return;
    const took = performance.now() - asked;
    asked = 0;
    show("received", `answered after ${took.toFixed(1)} ms`);
    $("pulse").textContent = "The connection is alive.";
  },
  close: () => {
    clearTimeout(timer);
    asked = 0;
    $("pulse").textContent = "The connection is closed.";
  },
});

// An open socket proves nothing: only an answer does.
function beat() {
  clearTimeout(timer);
  if (asked) {
    const silent = ((performance.now() - asked) / 1000).toFixed(1);
    show("trouble", `no answer for ${silent} s, although readyState is still open`);
    $("pulse").textContent = "The connection may be dead.";
  } else if (socket.send(JSON.stringify({ type: "heartbeat" }))) {
    asked = performance.now();
  }
  timer = setTimeout(beat, Math.max(0.2, Number($("interval").value) || 2) * 1000);
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  beat();
});
socket.open();
