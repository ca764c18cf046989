// What a page loads by an element: frames and pictures. And all of ours put in its place.

import { TabEventSource } from "./eventsource.js";
import { tabFetch } from "./fetch.js";
import { order, pageUrl, reload } from "./orders.js";
import { TabWebSocket } from "./websocket.js";

const own = document.currentScript;
const prologue = document.head.querySelector("meta").outerHTML + baseAndScript();
const sources = new WeakMap();
const isHttp = (address) => /^https?:$/.test(URL.parse(address, pageUrl)?.protocol);
const absolute = (address) => URL.parse(address, pageUrl)?.href ?? address;

function baseAndScript() {
  return document.head.querySelector("base").outerHTML + own.outerHTML;
}

/** Replace a property that says what an element loads. */
function replaceProperty({ prototype }, name, change) {
  const browsersOwn = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, {
    ...browsersOwn,
    get() {
      return sources.get(this) ?? browsersOwn.get.call(this);
    },
    set(value) {
      change(this, String(value), (it) => browsersOwn.set.call(this, it));
    },
  });
  return (element, value) => browsersOwn.set.call(element, value);
}

const setDocument = replaceProperty(HTMLIFrameElement, "srcdoc", (frame, text, set) => {
  sources.delete(frame);
  set(`<!doctype html>${prologue}${text}`);
});

replaceProperty(HTMLIFrameElement, "src", (frame, address, set) => {
  if (!isHttp(address)) return set(address);
  loadFrame(frame, address);
});

const setPicture = replaceProperty(HTMLImageElement, "src", (image, address, set) => {
  if (!isHttp(address)) return set(address);
  sources.set(image, absolute(address));
  loadPicture(address).then(({ found }) => set(found)); // without a picture it is an error
});

function loadFrame(frame, address) {
  const url = absolute(address);
  sources.set(frame, url);
  order({ do: "document", url }, ({ html }) => setDocument(frame, html ?? ""));
}

/** Return what is there as an address that needs no network, and whether it is a picture. */
async function loadPicture(address) {
  const wish = { url: absolute(address), mode: "no-cors", credentials: "include" };
  wish.headers = {
    accept: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
  };
  const parts = [];
  let type = "";
  await new Promise((done) => {
    order({ do: "fetch", ...wish }, ({ type: what, headers, data }) => {
      if (what === "head") type = new Headers(headers).get("content-type") ?? "";
      else if (what === "data") parts.push(data);
      else done();
    });
  });
  return {
    found: URL.createObjectURL(new Blob(parts, { type })),
    isPicture: /^image\//.test(type),
  };
}

// What HTML text brings along. The policy has stopped the browser's own request, and a picture has
// had its error event.
new MutationObserver((changes) => {
  for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
    for (const each of node.querySelectorAll?.("iframe[src], img[src]") ?? []) bring(each);
    if (node.matches?.("iframe[src], img[src]")) bring(node);
  }
}).observe(document, { childList: true, subtree: true });

function bring(element) {
  const address = element.getAttribute("src");
  if (!isHttp(address) || sources.has(element)) return;
  if (element instanceof HTMLIFrameElement) return loadFrame(element, address);
  sources.set(element, absolute(address));
  loadPicture(address).then(({ found, isPicture }) => isPicture && setPicture(element, found));
}

// The page's location is the browser's own, which nothing can replace; scripts that ask for it get
// this one (wsdemo/tab/documents.py).
const location = {
  ...Object.fromEntries(
    ["href", "origin", "protocol", "host", "hostname", "port", "pathname", "search", "hash"].map(
      (name) => [name, new URL(pageUrl)[name]],
    ),
  ),
  reload,
  toString: () => pageUrl,
};
const replacements = {
  WebSocket: TabWebSocket,
  EventSource: TabEventSource,
  fetch: tabFetch,
  wsdemoPage: { location },
};
for (const [name, value] of Object.entries(replacements)) {
  Object.defineProperty(window, name, { value, configurable: true, writable: true });
}
Object.defineProperty(tabFetch, "name", { value: "fetch" });
own.remove();
