// The page of the echo server.

import { $, address, connection, show } from "./app.js";

const line = connection(() => address, {
  message: (data) => show("received", `↓ ${data}`),
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!line.send($("text").value)) return;
  show("sent", `↑ ${$("text").value}`);
  $("text").value = "";
});
line.open();
