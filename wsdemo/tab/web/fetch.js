// The browser's fetch, on the network in memory.

import { isFirefox, order } from "./orders.js";

const NETWORK_ERROR = isFirefox
  ? "NetworkError when attempting to fetch resource."
  : "Failed to fetch";
const WITHOUT_BODY = [101, 204, 205, 304];

/** What the page calls as fetch(). */
export async function tabFetch(input, options) {
  const request = new Request(input, options); // raises what is to be raised
  const { method, mode, credentials, redirect, signal } = request;
  signal.throwIfAborted();
  const body = method === "GET" || method === "HEAD" ? undefined : await request.arrayBuffer();
  const wish = { url: request.url.split("#")[0], method, mode, credentials, redirect };
  wish.headers = Object.fromEntries(request.headers);
  if (body?.byteLength) wish.body = new Uint8Array(body);
  return load(wish, signal);
}

/**
 * Make a request.
 * @param {object} wish see wsdemo/tab/fetching.py.
 * @param {AbortSignal} signal ends it.
 * @returns {Promise<Response>}
 */
export function load(wish, signal) {
  return new Promise((resolve, reject) => {
    let body;
    const tell = order({ do: "fetch", ...wish }, receive);
    signal.addEventListener("abort", () => {
      tell({ do: "abort" });
      reject(signal.reason);
      body?.error(signal.reason);
      body = undefined;
    });

    function receive({ type, ...details }) {
      if (type === "head") {
        const stream = new ReadableStream({
          start: (controller) => {
            body = controller;
          },
          cancel: () => {
            body = undefined;
            tell({ do: "abort" });
          },
        });
        resolve(response(details, stream));
      } else if (type === "data") {
        if (details.data.length) body?.enqueue(details.data);
      } else if (type === "end") {
        body?.close();
      } else {
        const error = new TypeError(NETWORK_ERROR);
        reject(error);
        body?.error(error);
      }
    }
  });
}

function response({ status, reason, headers, url, redirected, kind }, stream) {
  const isHidden = kind.startsWith("opaque");
  const hasBody = !isHidden && !WITHOUT_BODY.includes(status);
  const made = new Response(hasBody ? stream : null, {
    status: isHidden || status < 200 ? 200 : status, // others cannot be made
    statusText: isHidden ? "" : reason,
    headers: isHidden ? [] : headers,
  });
  const own = { type: kind, redirected: !isHidden && redirected, url: isHidden ? "" : url };
  if (isHidden) Object.assign(own, { status: 0, ok: false });
  for (const [name, value] of Object.entries(own)) Object.defineProperty(made, name, { value });
  return made;
}
