// The page of the dashboard: two numbers and their curves.

import { $, address, connection, show } from "./app.js";

const SHOWN = 120;
const readings = [];
let reading = {};
let received = 0;
let bytes = 0;
let drawn = true;

const socket = connection(() => address + ($("deltas").checked ? "?deltas=1" : ""), {
  open: () => {
    reading = {};
    show("quiet", "connected");
  },
  message: (text) => {
    received += 1;
    bytes += text.length;
    reading = { ...reading, ...JSON.parse(text) }; // a delta leaves the rest as it was
    readings.push(reading);
    if (readings.length > SHOWN) readings.shift();
    // One picture a frame of the screen, however many readings have come.
    if (drawn) requestAnimationFrame(draw);
    drawn = false;
  },
});

function draw() {
  drawn = true;
  $("temp").textContent = reading.temperature.toFixed(1);
  $("humidity").textContent = reading.humidity.toFixed(1);
  trace("temperature-line", ({ temperature }) => (temperature - 70) * 10);
  trace("humidity-line", ({ humidity }) => (humidity - 50) * 5);
  const [first] = readings;
  $("first").textContent = `${((reading.timestamp - first.timestamp) / 1000).toFixed(0)} s ago`;
  const age = Math.max(0, Date.now() - reading.timestamp);
  $("pace").textContent =
    `${received} readings, ${bytes} bytes; the last was measured ${age} ms ago`;
}

/** Draw a curve over time; the readings that are there fill the whole width. */
function trace(id, height) {
  const first = readings[0].timestamp;
  const span = reading.timestamp - first || 1;
  const place = ({ timestamp }) => (100 * (timestamp - first)) / span;
  const points = readings.map((each) => `${place(each)},${100 - height(each)}`);
  $(id).setAttribute("points", points.join(" "));
}

$("deltas").addEventListener("change", () => show("quiet", "from the next connection on"));
socket.open();
