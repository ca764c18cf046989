// Lesson 08 in Node.js: receive a feed, and resume it without loss or duplicate.
//
//   node 08_reconnect_client.mjs URL [BASE [MESSAGE...]]      BASE in milliseconds

import { ReconnectingWebSocket } from "./08_reconnect.mjs";

const [url, base = 5000, ...messages] = process.argv.slice(2);
let last;

const address = () => (last ? `${url}?since=${encodeURIComponent(last)}` : url);
const client = new ReconnectingWebSocket(address, { base: Number(base), cap: 6 * base });

client.on("open", () => console.log("open"));
client.on("message", (event) => {
  const { id, ...what } = JSON.parse(event.data);
  if (id && !isNew(id)) return;
  last = id ?? last;
  console.log(JSON.stringify(what));
});
client.on("close", (event) => console.log("close", event.code));
client.on("giveup", () => console.log("gave up"));
for (const message of messages) client.send(message);

function isNew(id) {
  const [epoch, number] = split(id);
  const [lastEpoch, lastNumber] = split(last ?? "-0");
  return epoch !== lastEpoch || number > lastNumber;
}

function split(id) {
  const at = id.lastIndexOf("-");
  return [id.slice(0, at), Number(id.slice(at + 1))];
}
