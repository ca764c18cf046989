// What the learners' page and the board share: a connection that comes back, and bars.

export const $ = (id) => document.getElementById(id);

const BASE = 1000;
const CAP = 15000;

/** What this browser keeps for the page under a name; null where it keeps nothing. */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keep a value over a reload. Where cookies are blocked the page works without, until it closes. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch (error) {
    console.warn(`This browser does not keep “${name}”: ${error.message}`);
  }
}

/** Append a text in which words between backticks are code; markup in it stays text. */
export function write(element, text) {
  element.replaceChildren(
    ...text.split("`").map((part, index) => {
      if (index % 2 === 0) return part;
      return Object.assign(document.createElement("code"), { textContent: part });
    }),
  );
}

/** An element with a text, and a class if one is given. */
export function make(tag, text = "", className = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}

/**
 * Show the options of a question, with a bar for each round whose result is known.
 *
 * @param {HTMLElement} list where they go.
 * @param {object} vote the vote, as the server sends it.
 * @param {function(string, string): HTMLElement} element makes the element of an option from its
 *   letter and its text.
 */
export function showOptions(list, vote, element) {
  const shown = vote.results.filter(Boolean);
  const rows = Object.entries(vote.options).map(([letter, text]) => {
    const row = make("div", "", "option");
    row.classList.toggle("right", vote.right === letter);
    row.append(element(letter, text));
    shown.forEach((counts, round) => {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      row.append(bar(counts[letter], all, shown.length > 1 ? `round ${round + 1}: ` : ""));
    });
    if (vote.right === letter) row.append(make("b", "✓ right", "mark"));
    return row;
  });
  list.replaceChildren(...rows);
}

function bar(count, all, before) {
  const share = all ? Math.round((100 * count) / all) : 0;
  const line = make("div", "", "bar");
  const filled = make("span", "", "filled");
  filled.style.inlineSize = `${share}%`;
  line.append(filled, make("span", `${before}${count} (${share} %)`, "number"));
  return line;
}

/**
 * A connection that comes back by itself: it waits for a random time, up to 1 s after the first
 * failure, then twice as long, up to 15 s.
 *
 * @param {string} path where on this page's server.
 * @param {function(): object} first makes the message that each connection begins with.
 * @param {object} on message(data) for each message, open(), state(text), and refused(text) when
 *   the server has closed with 1008: trying again cannot help.
 * @returns {object} send(data), which returns whether it was open, and close().
 */
export function connection(path, first, on) {
  let ws = null;
  let failures = 0;
  let timer = 0;
  let refusal = "";
  let ended = false;

  function open() {
    clearTimeout(timer);
    ws = new WebSocket(location.origin.replace(/^http/, "ws") + path);
    on.state("Connecting …");
    ws.onopen = () => {
      ws.send(JSON.stringify(first()));
    };
    ws.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.error) {
        refusal = message.error;
      } else {
        failures = 0;
      }
      on.message(message);
    };
    ws.onclose = ({ code }) => {
      if (ended) return;
      if (code === 1008) {
        on.refused(refusal);
        return;
      }
      const wait = Math.random() * Math.min(CAP, BASE * 2 ** failures);
      failures += 1;
      on.state("The connection is lost. This page connects again by itself; nothing is lost.");
      timer = setTimeout(open, wait);
    };
  }

  open();
  window.addEventListener("online", () => {
    if (!ended && ws.readyState === WebSocket.CLOSED) open();
  });
  return {
    send(message) {
      const isOpen = ws.readyState === WebSocket.OPEN;
      if (isOpen) ws.send(JSON.stringify(message));
      return isOpen;
    },
    close() {
      ended = true;
      clearTimeout(timer);
      ws.close();
    },
  };
}
