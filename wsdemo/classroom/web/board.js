// The teacher's board. It shows the newest state that the server has sent, and sends commands.

import { $, connection, make, showOptions, write } from "./class.js";

const STORED = "wsdemo class key";

let lessons = [];
let state = null;

/** The key comes in the address, and does not stay there: the board is on a projector. */
function readKey() {
  const given = location.hash.slice(1);
  if (given) sessionStorage.setItem(STORED, given);
  history.replaceState(null, "", location.pathname);
  return sessionStorage.getItem(STORED) ?? "";
}

const key = readKey();
const line = connection("/teach", () => ({ type: "teach", key }), {
  message: receive,
  state(text) {
    $("state").textContent = text;
  },
  refused(text) {
    $("state").textContent = text;
    for (const id of ["board", "where", "count"]) $(id).hidden = true;
  },
});

function receive(message) {
  if (message.type === "board") {
    state = message;
    $("state").textContent = "";
    show();
  } else if (message.type === "csv") {
    save(message.text);
  } else if (message.error) {
    $("state").textContent = message.error;
  }
}

function show() {
  $("place").textContent = `http://${state.place}/`;
  $("code").textContent = state.code;
  $("unreached").hidden = state.reached;
  const { here, joined } = state;
  $("count").textContent = here === joined ? `${here} here` : `${here} of ${joined} here`;
  $("names").checked = state.names;
  showVote(state.vote);
  showInventory(state.inventory);
  showHelp(state.help);
  showPlaces();
  showDiagnoses(state.diagnoses);
}

function showVote(vote) {
  $("vote").hidden = !vote;
  if (!vote) return;
  const isShown = Boolean(vote.results[vote.round - 1]);
  write($("asked"), vote.text);
  showOptions($("options"), vote, (letter, text) => {
    const line = make("p", "", "words");
    const words = make("span");
    write(words, text);
    line.append(make("b", letter), words);
    return line;
  });
  $("chosen").textContent = isShown ? "" : `${vote.chosen} of ${vote.voters} have chosen`;
  $("reveal").hidden = isShown;
  $("reveal").classList.toggle("quiet", vote.chosen < vote.voters);
  $("again").hidden = !isShown || vote.round === 2 || Boolean(vote.right);
  $("answer").hidden = !isShown || Boolean(vote.right);
  $("answer").classList.toggle("quiet", vote.round === 1);
}

function showInventory(inventory) {
  $("results").hidden = !inventory;
  if (!inventory) return;
  const most = Math.max(...inventory.results.map(({ of }) => of[inventory.which - 1] ?? 0));
  const when = inventory.which === 1 ? "before" : "after";
  $("inventory-title").textContent =
    `Twenty questions ${when} the course: answers of up to ${most} people`;
  const rows = inventory.results.map(({ number, lesson, text, right, of }) => {
    const row = make("tr");
    const first = make("th");
    first.scope = "row";
    write(first, `${number.slice(1)}. ${text}`);
    row.append(first, make("td", lesson));
    // Before the course ends nobody is told which answers were right.
    for (const round of [0, 1]) {
      const isKnown = inventory.which === 2 && of[round];
      row.append(
        make(
          "td",
          isKnown ? `${right[round]} of ${of[round]}` : of[round] ? `… of ${of[round]}` : "",
        ),
      );
    }
    return row;
  });
  $("inventory").tBodies[0].replaceChildren(...rows);
}

function showHelp({ count, names }) {
  $("help").textContent =
    count === 0 ? "Nobody." : count === 1 ? "One person." : `${count} people.`;
  $("help").classList.toggle("wanted", count > 0);
  $("helped").hidden = count === 0;
  $("help-names").replaceChildren(...names.map((each) => make("li", each)));
}

function showPlaces() {
  const rows = lessons
    .filter(({ lesson }) => state.places[lesson] || solvedIn(lesson).length)
    .map(({ lesson, title }) => {
      const row = make("tr");
      const first = make("th", `${lesson} ${title}`);
      first.scope = "row";
      const solved = solvedIn(lesson).map(([number, count]) => `${number}: ${count}`);
      row.append(first, make("td", state.places[lesson] ?? 0), make("td", solved.join(", ")));
      return row;
    });
  $("places").tBodies[0].replaceChildren(...rows);
}

function solvedIn(lesson) {
  return Object.entries(state.solved)
    .filter(([number]) => number.startsWith(lesson))
    .sort();
}

function showDiagnoses(diagnoses) {
  const rows = diagnoses.map(({ exercise, text, count }) => {
    const row = make("li");
    row.append(make("b", `${count} × ${exercise}`), ` ${text}`);
    return row;
  });
  $("diagnoses").replaceChildren(
    ...(rows.length ? rows : [make("li", "None that two people share.")]),
  );
}

function showQuestions() {
  const { questions } = lessons.find(({ lesson }) => lesson === $("lesson").value);
  const rows = questions.map(({ number, text }) => {
    const row = make("li");
    const ask = make("button", "Ask", "quiet");
    ask.type = "button";
    const words = make("span");
    words.id = `question-${number}`;
    write(words, text);
    ask.setAttribute("aria-describedby", words.id);
    ask.addEventListener("click", () => line.send({ type: "open", question: number }));
    row.append(ask, words);
    return row;
  });
  $("questions").replaceChildren(...rows);
}

function save(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: "class.csv" }).click();
  URL.revokeObjectURL(address);
}

for (const id of ["reveal", "again", "answer", "close", "helped", "csv"]) {
  $(id).addEventListener("click", () => line.send({ type: id }));
}
$("names").addEventListener("change", () =>
  line.send({ type: "names", shown: $("names").checked }),
);
for (const button of document.querySelectorAll("[data-inventory]")) {
  const which = Number(button.dataset.inventory);
  button.addEventListener("click", () => line.send({ type: "inventory", which }));
}

lessons = await (await fetch("questions.json")).json();
$("lesson").replaceChildren(
  ...lessons
    .filter(({ questions }) => questions.length)
    .map(({ lesson, title }) => new Option(`${lesson} ${title}`, lesson)),
);
$("lesson").addEventListener("change", showQuestions);
showQuestions();
if (state) show();
