// The page of the server for bytes: what is typed in hexadecimal, or a file.

import { $, address, connection, show } from "./app.js";

const SHOWN = 64;

function described(data) {
  if (typeof data === "string") return `text ${JSON.stringify(data)}`;
  const bytes = Array.from(new Uint8Array(data, 0, Math.min(data.byteLength, SHOWN)));
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${data.byteLength} bytes: ${hex}${data.byteLength > SHOWN ? " …" : ""}`;
}

const socket = connection(() => address, {
  message: (data) => show("received", `↓ ${described(data)}`),
});
function send(buffer) {
  if (socket.send(buffer)) show("sent", `↑ ${described(buffer)}`);
}
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const digits = $("hex").value.replace(/[\s,]|0x/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    show("trouble", "write two hexadecimal digits for each byte: 00 01 ff");
    return;
  }
  send(Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer);
});
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) send(await file.arrayBuffer());
  $("file").value = "";
});
socket.open();
