// The page of the server that asks for a token.

import { $, address, connection, show } from "./app.js";

let opened = false;
const socket = connection(
  () => {
    opened = false;
    return `${address}?token=${encodeURIComponent($("token").value)}`;
  },
  {
    open: () => {
      opened = true;
      $("token").readOnly = true; // a token is for one connection
      $("text").focus();
      show("quiet", "open");
    },
    message: (data) => show("received", `↓ ${data}`),
    close: () => {
      $("token").readOnly = false;
      if (!opened)
        show(
          "quiet",
          "It was never open: the server refused before the upgrade, or no server is there. A browser does not say which.",
        );
    },
  },
);
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.open();
});
$("sending").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!socket.send($("text").value)) return;
  show("sent", `↑ ${$("text").value}`);
  $("text").value = "";
});
