// Lesson 11 in the browser: the original article's dashboard, and the age of what it shows.
// A panel runs this as the body of a function; `url` is the address of the server.

document.querySelector("#page").innerHTML = `
  <p>Temperature <b id="temp"></b> °F, humidity <b id="humidity"></b> %<br>
     this is <b id="age"></b> s old <span id="end"></span></p>
  <svg viewBox="0 0 320 130" width="100%" role="img"
       aria-label="The age of the readings, over the first 40 seconds">
    <path d="M40 10V105H316M40 57h-5M40 10h-5M178 105v5M316 105v5" fill="none" stroke="#8a8a8a"/>
    <g fill="currentColor" font-size="11" text-anchor="end">
      <text x="32" y="14">40 s</text><text x="32" y="61">20 s</text><text x="32" y="109">age 0</text>
      <text x="190" y="124">20 s</text><text x="316" y="124">40 s</text>
    </g>
    <polyline fill="none" stroke="#d08700" stroke-width="2"/>
  </svg>`;

const points = [], start = Date.now(), ws = new WebSocket(url);
ws.addEventListener('message', (event) => {
  const data = JSON.parse(event.data);

  // Update UI
  document.getElementById('temp').textContent = data.temperature.toFixed(1);
  document.getElementById('humidity').textContent = data.humidity.toFixed(1);

  const seconds = (Date.now() - start) / 1000, age = (Date.now() - data.timestamp) / 1000;
  document.getElementById('age').textContent = age.toFixed(1);
  if (seconds <= 40) points.push(`${40 + 6.9 * seconds},${105 - 2.375 * age}`);
  document.querySelector("polyline").setAttribute("points", points.join(" "));
  if (points.length <= 3) console.log("drawn:", points.length);
});
ws.addEventListener('close', () => {
  document.getElementById('end').textContent = "(closed)";
});
