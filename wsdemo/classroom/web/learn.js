// A learner's page: join, vote, ask for help. It shows the newest state that the server has sent.

import { $, connection, keep, make, recall, showOptions, write } from "./class.js";

const STORED = "wsdemo class";
const UNSENT = "wsdemo class unsent";

let me = recall(STORED);
const unsent = new Map(recall(UNSENT) ?? []);
let line = null;
let state = null;

/** What the address brings along, from a notebook that has joined: wsdemo.join() shows it. */
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has("code")) $("code").value = given.get("code");
  if (given.has("name")) $("name").value = given.get("name");
  if (given.has("unsent")) {
    for (const [place, choice] of JSON.parse(given.get("unsent"))) unsent.set(place, choice);
    keepUnsent();
  }
  if (given.has("learner")) {
    me = {
      code: given.get("code"),
      learner: given.get("learner"),
      name: given.get("name"),
      shows_name: given.get("shows_name") === "true" || (me?.shows_name ?? false),
    };
    keep(STORED, me);
  }
  // The address stays in the history, and can be seen over a shoulder.
  history.replaceState(null, "", location.pathname);
}

function randomIdentifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

function join() {
  $("joining").hidden = true;
  line = connection("/learn", () => ({ type: "join", ...me, page: true }), {
    message: receive,
    state(text) {
      $("state").textContent = text;
      $("moving").hidden = state === null || line === null;
    },
    refused(text) {
      line = null;
      showJoining(text);
    },
  });
}

function showJoining(why = "") {
  $("joined").hidden = true;
  $("joining").hidden = false;
  $("state").textContent = why;
  (($("code").value && $("name")) || $("code")).focus();
}

function receive(message) {
  if (message.type === "state") {
    const isNew = state === null;
    state = message;
    $("state").textContent = `You are in the class as ${me.name}.`;
    $("joined").hidden = false;
    $("moving").hidden = true;
    show();
    if (isNew || unsent.size) sendUnsent();
  } else if (message.type === "taken") {
    if (message.message.type === "vote") settle(message.message);
  } else if (message.error) {
    const { question, round } = message.message ?? {};
    unsent.delete(`${question} ${round}`); // this choice comes too late; others may not
    keepUnsent();
    $("said").textContent = message.error;
  }
}

/** A choice is kept until the server says that it has it. */
function choose(question, option, round) {
  unsent.set(`${question} ${round}`, { type: "vote", question, option, round });
  keepUnsent();
  sendUnsent();
}

function sendUnsent() {
  for (const each of unsent.values()) line?.send(each);
}

function settle({ question, option, round }) {
  if (unsent.get(`${question} ${round}`)?.option === option) unsent.delete(`${question} ${round}`);
  keepUnsent();
  $("said").textContent = "Your choice has arrived. You can change it until the result is shown.";
}

function keepUnsent() {
  keep(UNSENT, [...unsent]);
}

function show() {
  const { vote, inventory, help } = state;
  $("nothing").hidden = Boolean(vote || inventory);
  $("vote").hidden = !vote;
  $("inventory").hidden = !inventory;
  $("help").setAttribute("aria-pressed", help);
  $("help").textContent = help ? "Help is coming; I no longer need it" : "I want help";
  if (vote) showVote(vote);
  if (inventory) showInventory(state.questions, inventory);
}

function showVote(vote) {
  const chosen = unsent.get(`${vote.number} ${vote.round}`)?.option ?? vote.chosen;
  const isOver = Boolean(vote.results[vote.round - 1]);
  write($("asked"), vote.text);
  const focused = document.activeElement?.dataset?.letter;
  showOptions($("options"), vote, (letter, text) => {
    const button = make("button", "", "choice");
    button.type = "button";
    button.dataset.letter = letter;
    button.disabled = isOver;
    button.setAttribute("aria-pressed", chosen === letter);
    const words = make("span");
    write(words, text);
    button.append(make("b", letter), words);
    button.addEventListener("click", () => {
      choose(vote.number, letter, vote.round);
      showVote(vote);
    });
    return button;
  });
  if (focused) $("options").querySelector(`[data-letter="${focused}"]`)?.focus();
  if (isOver) $("said").textContent = chosen ? `You had chosen ${chosen}.` : "";
  else if (!chosen)
    $("said").textContent = vote.round > 1 ? "Choose again, after the discussion." : "Choose one.";
}

function showInventory(questions, round) {
  const answered = questions.filter(
    ({ chosen, number }) => chosen || unsent.has(`${number} ${round}`),
  );
  $("answered").textContent = `${answered.length} of ${questions.length} answered.`;
  if ($("questions").dataset.round === String(round)) return; // what was chosen here stays marked
  $("questions").dataset.round = round;
  $("questions").replaceChildren(
    ...questions.map(({ number, text, options, chosen }) => {
      const group = make("fieldset");
      const legend = make("legend");
      write(legend, text);
      group.append(legend);
      for (const [letter, words] of Object.entries(options)) {
        const label = make("label", "", "check");
        const radio = make("input");
        Object.assign(radio, { type: "radio", name: number, checked: chosen === letter });
        radio.addEventListener("change", () => choose(number, letter, round));
        const span = make("span");
        write(span, words);
        label.append(radio, span);
        group.append(label);
      }
      const item = make("li");
      item.append(group);
      return item;
    }),
  );
}

$("joining").addEventListener("submit", (event) => {
  event.preventDefault();
  const learner = me?.learner ?? randomIdentifier();
  me = {
    code: $("code").value,
    learner,
    name: $("name").value.trim(),
    shows_name: $("shows-name").checked,
  };
  keep(STORED, me);
  join();
});

// A page may keep nothing for another address, so all of it goes along in the new one.
$("moving").addEventListener("submit", (event) => {
  event.preventDefault();
  const along = new URLSearchParams({ ...me, unsent: JSON.stringify([...unsent]) });
  const place = $("address")
    .value.trim()
    .replace(/^http:\/\/|\/.*$/g, "");
  location.assign(`http://${place}/#${along}`);
});

$("help").addEventListener("click", () => line?.send({ type: "help", wanted: !state.help }));

$("leave").addEventListener("click", () => {
  line?.close();
  [line, state, me] = [null, null, null];
  $("moving").hidden = true;
  keep(STORED, null);
  unsent.clear();
  keepUnsent();
  showJoining("You have left the class.");
});

readAddress();
if (me) join();
else showJoining();
