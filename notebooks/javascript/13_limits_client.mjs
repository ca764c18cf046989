// Lesson 13 in JavaScript: send no faster than the network takes it. For pages and for Node.js.
//
//   node 13_limits_client.mjs URL [BYTES]
//
// Uploads so many bytes in pieces, then "end". Prints whether it had to pause, whether the unsent
// bytes stayed within the limit, and the answer or the close code.

/**
 * Send bytes in pieces, each a message of its own, and wait while too much is unsent.
 *
 * @param {WebSocket} ws an open connection; from a page, or of the library ws.
 * @param {Uint8Array} data what to send.
 * @param {{piece?: number, limit?: number}} sizes bytes in a message, and bytes that may wait.
 * @returns {Promise<{most: number, pauses: number}>} most bytes that waited, number of pauses.
 */
export async function sendInPieces(ws, data, { piece = 2 ** 16, limit = 2 ** 18 } = {}) {
  let most = 0;
  let pauses = 0;
  for (let start = 0; start < data.length && ws.readyState === 1; ) {
    if (ws.bufferedAmount + piece > limit) {
      pauses++;
      await new Promise((done) => setTimeout(done, 5)); // no event reports that there is room again
      continue;
    }
    ws.send(data.subarray(start, start + piece));
    start += piece;
    most = Math.max(most, ws.bufferedAmount);
  }
  return { most, pauses };
}

if (typeof process !== "undefined" && import.meta.filename === process.argv[1]) {
  const { WebSocket } = await import("ws");
  const [url = "ws://127.0.0.1:8080", bytes = 2 ** 24] = process.argv.slice(2);
  const ws = new WebSocket(url);
  ws.addEventListener("close", ({ code }) => console.log("closed with", code));
  ws.addEventListener("message", ({ data }) => {
    console.log("answer:", data);
    ws.close();
  });
  await new Promise((done) => ws.addEventListener("open", done));
  const { most, pauses } = await sendInPieces(ws, new Uint8Array(Number(bytes)));
  if (ws.readyState === 1) ws.send("end");
  console.log("paused:", pauses > 0, "within the limit:", most <= 2 ** 18);
}
