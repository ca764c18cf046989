// The page of the echo server.

import { $, address, connection, show } from "./app.js";

const socket = connection(() => address, {
  message: (data) => show("received", `↓ ${data}`),
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!socket.send($("text").value)) return;
  show("sent", `↑ ${$("text").value}`);
  $("text").value = "";
});
socket.open();
