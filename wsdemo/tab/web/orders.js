// A page in a frame without a network: what it wants goes as an order to the page around it.

/** The address that this page would have elsewhere. */
export const pageUrl = document.currentScript.dataset.page;
export const agent = navigator.userAgent;
export const isFirefox = agent.includes("Firefox/");

const surroundings = window.parent;
const { port1: line, port2: itsEnd } = new MessageChannel();
const listeners = new Map();
let lastNumber = 0;

surroundings.postMessage({ wsdemo: "line" }, "*", [itsEnd]);
line.onmessage = ({ data: { id, ...answer } }) => listeners.get(id)?.(answer);
addEventListener("pagehide", () => line.postMessage({ do: "leave" }));

// A frame in this page has its own line, which goes by way of this one. The page hears nothing of
// it, because this listener was here first.
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
  line.postMessage({ id, page: pageUrl, agent, ...what });
  return (more) => line.postMessage({ id, ...more });
}

/** Load this page again. */
export function reload() {
  surroundings.postMessage({ wsdemo: "reload" }, "*");
}
