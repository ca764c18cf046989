// The page of the chat room.

import { $, address, apart, connection, show, showTime } from "./app.js";

const socket = connection(
  () => {
    clearTimeout(again);
    return `${address}?notices=1&user=${encodeURIComponent($("name").value.trim())}${since()}`;
  },
  {
    open: () => {
      $("name").readOnly = true; // a name belongs to its connection
      if (!retrying) $("text").focus();
    },
    message: (data) => receive(JSON.parse(data)),
    close: ({ code }) => {
      $("name").readOnly = false;
      $("here").hidden = true;
      if (code === TRY_AGAIN_LATER) comeBack();
      else retrying = false;
    },
  },
);

// A name may be taken by its own owner: the server needs a while to notice that a connection is
// dead. So try again, after a random time, until the name is free or the person changes it.
const TRY_AGAIN_LATER = 1013;
const [FIRST, LONGEST] = [2, 16]; // seconds
let again;
let retrying = false; // by itself: then the focus stays where the person is
let ceiling = FIRST;

function comeBack() {
  const seconds = 1 + Math.random() * ceiling;
  ceiling = Math.min(LONGEST, 2 * ceiling);
  if (!retrying) $("name").select(); // what the person has to change; this gives it the focus
  again = setTimeout(() => {
    retrying = true;
    socket.open();
  }, 1000 * seconds);
  const soon = `trying again in ${Math.round(seconds)} s, unless you change it`;
  show("quiet", `The name ${$("name").value.trim()} is taken: ${soon}.`);
}

$("name").addEventListener("input", () => {
  clearTimeout(again);
  retrying = false;
  ceiling = FIRST;
});

// Where several servers are one room, messages have ids, and a client can ask for what it missed.
let last;
const since = () => (last ? `&since=${encodeURIComponent(last)}` : "");
const BUS = {
  down: "The bus is down: messages that you send now are lost.",
  up: "The bus is up.",
};

function receive({ type, error, user, message, names, timestamp, state, id }) {
  last = id ?? last;
  if (error) show("trouble", error);
  else if (type === "bus") show(state === "up" ? "quiet" : "trouble", BUS[state]);
  else if (type === "gap") show("trouble", "Some messages were missed and are no longer kept.");
  else if (type === "names") showNames(names);
  else if (type) show("quiet", `${user} ${type}`);
  else showMessage(user, message, timestamp);
}

function showNames(names) {
  $("here").hidden = false;
  $("names").textContent = names.length ? "" : "nobody has a name yet";
  for (const [index, name] of names.entries()) {
    $("names").append(index ? ", " : "", apart("bdi", name));
  }
}

function showMessage(user, message, timestamp) {
  const shown = show(user === $("name").value.trim() ? "sent" : "received", message, user);
  showTime(shown, timestamp);
}

$("joining").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!$("name").readOnly) socket.open();
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = { user: $("name").value.trim(), message: $("text").value };
  if (socket.send(JSON.stringify(message))) $("text").value = "";
});
