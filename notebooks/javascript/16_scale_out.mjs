// Lesson 16 in Node.js: send messages to a room of several servers, through a balancer, and lose
// none when a server dies. Each message is sent when the one before has come back, which is its
// acknowledgement.
//
//   node 16_scale_out.mjs URL NAME COUNT [BASE]      BASE in milliseconds

import { ReconnectingWebSocket } from "./08_reconnect.mjs";

const [url, name, count, base = 5000] = process.argv.slice(2);
let last; // the id of the last message
let number = 1; // of the message that is being sent
let home = false; // whether we are in the room, and have received what was missed

const address = () => `${url}/?notices=1${last ? `&since=${encodeURIComponent(last)}` : ""}`;
const client = new ReconnectingWebSocket(address, { base: Number(base), cap: 6 * base });

client.on("message", ({ data }) => {
  const { id, user, message, type, state, error } = JSON.parse(data);
  if (id) received(id, user, message);
  else if (error) console.log("error");
  else if (type === "gap") console.log("gap: load the whole state again");
  else if (type === "bus") {
    console.log("bus", state);
    if (state === "up") sendNext();
  } else if (type === "names" && !home) {
    home = true;
    sendNext(); // for the first time, or again: what was missed did not have it
  }
});
client.on("close", ({ code }) => {
  home = false;
  console.log("close", code);
});
client.on("giveup", () => console.log("gave up"));

function received(id, user, message) {
  if (!isNew(id)) return;
  last = id;
  console.log(split(id)[1], message);
  if (user !== name || message !== text()) return;
  number += 1;
  setTimeout(sendNext, 10);
}

function sendNext() {
  if (number > count) client.close();
  else if (home) client.send(JSON.stringify({ user: name, message: text() }));
}

function text() {
  return `${name} ${number}`;
}

function isNew(id) {
  const [epoch, place] = split(id);
  const [lastEpoch, lastPlace] = split(last ?? "-0");
  return epoch !== lastEpoch || place > lastPlace;
}

function split(id) {
  const at = id.lastIndexOf("-");
  return [id.slice(0, at), Number(id.slice(at + 1))];
}
