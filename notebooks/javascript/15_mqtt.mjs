// Lesson 15 in Node.js, with npm's mqtt: away and back, the last value, a last will.
//
//   node 15_mqtt.mjs URL        mqtt://HOST:PORT, or ws://HOST:PORT/mqtt
//
// Prints the result of each of three stories.

import { once } from "node:events";
import mqtt from "mqtt";

const [url = "mqtt://127.0.0.1:1883"] = process.argv.slice(2);

/** Connect a client; it does not reconnect by itself. */
const join = (clientId, options = {}) =>
  mqtt.connectAsync(url, { clientId, reconnectPeriod: 0, ...options });

/** Collect what a client receives; the returned function gives the next text. */
function mailbox(client) {
  const waiting = [];
  const asking = [];
  client.on("message", (_topic, payload) => {
    const text = payload.toString();
    asking.length ? asking.shift()(text) : waiting.push(text);
  });
  return () =>
    waiting.length
      ? Promise.resolve(waiting.shift())
      : new Promise((resolve) => asking.push(resolve));
}

const bob = await join("node-bob");

// Away: the session keeps the subscription, and the messages that come meanwhile.
let ana = await join("node-ana", { clean: false });
await ana.subscribeAsync("node/room", { qos: 1 });
await ana.endAsync();
await bob.publishAsync("node/room", "missed", { qos: 1 });

// Kept messages may come with the answer to CONNECT: listen before that.
ana = mqtt.connect(url, { clientId: "node-ana", clean: false, reconnectPeriod: 0 });
const next = mailbox(ana);
const [{ sessionPresent }] = await once(ana, "connect");
console.log(sessionPresent ? "a session was kept:" : "no session:", await next());

// The last value: for clients that subscribe late.
await bob.publishAsync("node/temperature", "20 °C", { qos: 1, retain: true });
await ana.subscribeAsync("node/temperature", { qos: 1 });
console.log("the last value:", await next());
await bob.publishAsync("node/temperature", "", { qos: 1, retain: true });
await next(); // subscribers receive an empty value, too

// The last will: the broker publishes it when a connection is cut.
await ana.subscribeAsync("node/status", { qos: 1 });
const eve = await join("node-eve", {
  will: { topic: "node/status", payload: "eve has vanished", qos: 1 },
});
eve.on("error", () => {});
eve.stream.destroy();
console.log("the last will:", await next());

await ana.endAsync();
await (await join("node-ana")).endAsync(); // a clean session: nothing is kept any more
await bob.endAsync();
