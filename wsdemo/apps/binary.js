// The page of the server for bytes: what is typed in hexadecimal, or a file.

import { $, address, connection, show } from "./app.js";

const SHOWN = 64;

function told(data) {
  if (typeof data === "string") return `text ${JSON.stringify(data)}`;
  const bytes = Array.from(new Uint8Array(data, 0, Math.min(data.byteLength, SHOWN)));
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${data.byteLength} bytes: ${hex}${data.byteLength > SHOWN ? " …" : ""}`;
}

const line = connection(() => address, {
  message: (data) => show("received", `↓ ${told(data)}`),
});
function send(buffer) {
  if (line.send(buffer)) show("sent", `↑ ${told(buffer)}`);
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
line.open();
