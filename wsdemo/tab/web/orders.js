// A page in a frame without a network: what it wants goes as an order to the page around it.

/** The address that this page would have elsewhere. */
export const pageUrl = document.currentScript.dataset.page;
export const agent = navigator.userAgent;
export const isFirefox = agent.includes("Firefox/");

const surroundings = window.parent;
const { port1: port, port2: itsEnd } = new MessageChannel();
const listeners = new Map();
let lastNumber = 0;

surroundings.postMessage({ wsdemo: "port" }, "*", [itsEnd]);
port.onmessage = ({ data: { id, ...answer } }) => listeners.get(id)?.(answer);
addEventListener("pagehide", () => port.postMessage({ do: "leave" }));

// A frame in this page has its own port, which goes by way of this page. The page does not
// see it, because this listener was here first.
addEventListener("message", (event) => {
  if (!event.data?.wsdemo || event.source === surroundings) return;
  event.stopImmediatePropagation();
  if (event.ports.length) surroundings.postMessage(event.data, "*", event.ports);
});

/**
 * Give an order.
 * @param {object} what to do.
 * @param {function(object)} listener is told what comes of it.
 * @returns {function(object)} gives a further order about the same thing.
 */
export function order(what, listener) {
  lastNumber += 1;
  const id = lastNumber;
  listeners.set(id, listener);
  port.postMessage({ id, page: pageUrl, agent, ...what });
  return (more) => port.postMessage({ id, ...more });
}

/** Load this page again. */
export function reload() {
  surroundings.postMessage({ wsdemo: "reload" }, "*");
}
