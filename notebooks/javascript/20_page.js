// Lesson 20 in the browser: an answer that comes token by token, with a stop button.
// A panel runs this as the body of a function; `url` is the address of the server.

document.querySelector("#page").innerHTML = `
  <p><button id="ask">Ask</button> <button id="stop">Stop</button></p>
  <p id="answer" role="status"></p>`;
const [ask, stop, answer] = ["ask", "stop", "answer"].map((id) => document.getElementById(id));
let ws, received;
let demonstration = true;

ask.addEventListener("click", () => {
  ws?.close(); // a page that asks again leaves its old answer, and the model stops
  const socket = new WebSocket(url);
  ws = socket;
  received = 0;
  answer.textContent = "";
  socket.addEventListener("open", () => socket.send("When does Eve pay?"));
  socket.addEventListener("message", (event) => {
    if (socket === ws) show(JSON.parse(event.data)); // not what an old answer still had on its way
  });
});

stop.addEventListener("click", () => {
  if (ws.readyState === WebSocket.OPEN) ws.send("stop");
});

function show({ token, end, computed }) {
  if (end) {
    console.log(`${end}; at most one more token: ${computed - received <= 1}`);
    return;
  }
  received += 1;
  answer.append(token, " ");
  if (demonstration && received === 5) {
    demonstration = false;
    stop.click();
  }
}

ask.click();
