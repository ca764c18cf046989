// Lesson 16 in Node.js: talk in a room of several servers, through a balancer, and lose nothing when
// one of them dies. Each word is said when the one before has come back: that it came back is its
// acknowledgement.
//
//   node 16_scale_out.mjs URL NAME COUNT [BASE]      BASE in milliseconds

import { ReconnectingWebSocket } from "./08_reconnect.mjs";

const [url, name, count, base = 5000] = process.argv.slice(2);
let last; // the id of the last message
let number = 1; // of the word that is being said
let home = false; // whether we are in the room, and have heard what was missed

const address = () => `${url}/?notices=1${last ? `&since=${encodeURIComponent(last)}` : ""}`;
const client = new ReconnectingWebSocket(address, { base: Number(base), cap: 6 * base });

client.on("message", ({ data }) => {
  const { id, user, message, type, state, error } = JSON.parse(data);
  if (id) heard(id, user, message);
  else if (error) console.log("error");
  else if (type === "gap") console.log("gap: load the whole state anew");
  else if (type === "bus") {
    console.log("bus", state);
    if (state === "up") say();
  } else if (type === "names" && !home) {
    home = true;
    say(); // for the first time, or again: what was missed did not have it
  }
});
client.on("close", ({ code }) => {
  home = false;
  console.log("close", code);
});
client.on("giveup", () => console.log("gave up"));

function heard(id, user, message) {
  if (!isNew(id)) return;
  last = id;
  console.log(split(id)[1], message);
  if (user !== name || message !== word()) return;
  number += 1;
  setTimeout(say, 10);
}

function say() {
  if (number > count) client.close();
  else if (home) client.send(JSON.stringify({ user: name, message: word() }));
}

function word() {
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
