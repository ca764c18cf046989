// Look into single bytes, with the pointer or the keyboard. Without it, the page can still be read.
const fields = Array.from(document.querySelectorAll(".bytes"));
const frames = Array.from(document.querySelectorAll("main section"));
const nav = document.querySelector("nav");
const arrows = Array.from(nav.querySelectorAll("a"));
const inspector = document.getElementById("inspector");
const live = document.getElementById("live");

let chosen = fields[0]; // the one field that Tab leads to
let place = -1; // which of its bytes is looked at; -1 for none

const CAPTIONS = { 9: "\\t", 10: "\\n", 13: "\\r", 32: "␣" };

const hex = (byte) => byte.toString(16).padStart(2, "0");
const bits = (byte) => byte.toString(2).padStart(8, "0").replace(/^..../, "$& ");
const parse = (text) => (text.match(/[0-9a-f]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16));
const isPrinted = (character) => /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character);

/** What a field's bytes are on the wire, without the mask, and as characters. */
function read(field) {
  const wire = Array.from(field.querySelectorAll("i"), ({ dataset }) => Number(dataset.byte));
  const isMasked = "clear" in field.dataset;
  return { wire, isMasked, clear: isMasked ? parse(field.dataset.clear) : wire };
}

/** The characters of a text, each at its first byte; nothing at bytes that are no text. */
function charactersOf(bytes) {
  const isAscii = (byte) => byte > 32 && byte < 127;
  const found = bytes.map(
    (byte) => CAPTIONS[byte] ?? (isAscii(byte) ? String.fromCharCode(byte) : ""),
  );
  let at = 0;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (const character of decoder.decode(new Uint8Array(bytes))) {
    if (character === "\ufffd") {
      break; // no UTF-8, or a part of a text that was cut inside a character
    }
    const size = new TextEncoder().encode(character).length;
    if (isPrinted(character)) {
      found.fill("·", at, at + size);
      found[at] = character;
    }
    at += size;
  }
  return found;
}

/** Give each byte a cell of its own, with what it means below it. */
function cutIntoCells(field) {
  const text = field.firstChild;
  const wire = parse(text.data);
  const isMasked = "clear" in field.dataset;
  const clear = isMasked ? parse(field.dataset.clear) : wire;
  const isText = field.classList.contains("text");
  const characters = isText ? charactersOf(clear) : [];
  const cells = wire.map((byte, index) => {
    const cell = document.createElement("i");
    cell.textContent = hex(byte);
    cell.dataset.byte = byte;
    if (isText || isMasked) {
      cell.dataset.c = characters[index] || (isMasked ? hex(clear[index]) : "·");
    }
    return cell;
  });
  text.replaceWith(...cells);
}

/** Describe one byte in rows: what it is called, in hexadecimal, decimal, bits, as a character. */
function describe(field, index) {
  const { wire, isMasked, clear } = read(field);
  const below = field.querySelectorAll("i")[index].dataset.c ?? "";
  const shown = /^[^·]$/u.test(below) || Object.values(CAPTIONS).includes(below) ? below : "";
  const row = (name, byte, character) => [name, hex(byte), `${byte}`, bits(byte), character];
  if (!isMasked) {
    return [row("on the wire", wire[index], shown)];
  }
  return [
    row("on the wire", wire[index], ""),
    row("masking key", wire[index] ^ clear[index], ""),
    row("XOR of both", clear[index], shown),
  ];
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Show a byte in the bar at the bottom. */
function inspect(field, index) {
  const sender = field.closest("section").className === "to-server" ? "client" : "server";
  const told = Array.from(field.closest("li").querySelectorAll(".about > b, .about > code"));
  const words = element("p", `byte ${Number(field.dataset.at) + index} from the ${sender}`);
  words.append(document.createElement("br"), told.map((each) => each.textContent).join(": "));
  const table = document.createElement("table");
  for (const [name, ...values] of describe(field, index)) {
    const row = table.insertRow();
    row.append(element("th", name), ...values.map((value) => element("td", value)));
  }
  inspector.replaceChildren(table, words);
  inspector.hidden = false;
}

/** Show which field and which frame it is; of a byte, all there is to say. */
function mark(field, index) {
  for (const old of document.querySelectorAll(".on, .here")) {
    old.classList.remove("on", "here");
  }
  field.closest("li").classList.add("here");
  const arrow = arrows[frames.indexOf(field.closest("section"))];
  arrow.classList.add("here");
  if (nav.scrollHeight > nav.clientHeight) {
    nav.scrollTop = arrow.offsetTop - nav.clientHeight / 2;
  }
  if (index >= 0) {
    field.querySelectorAll("i")[index].classList.add("on");
    inspect(field, index);
  }
}

/** Make a field the one that Tab leads to. */
function choose(field) {
  if (field !== chosen) {
    place = -1;
  }
  chosen.tabIndex = -1;
  field.tabIndex = 0;
  chosen = field;
  mark(field, place);
}

function moveToByte(step) {
  const count = chosen.querySelectorAll("i").length;
  place = Math.min(Math.max(place + step, 0), count - 1);
  mark(chosen, place);
  chosen.scrollIntoView({ block: "nearest" }); // the bar may have covered it
  const rows = describe(chosen, place).map((row) => row.filter(Boolean).join(" "));
  live.textContent = `byte ${place + 1} of ${count}: ${rows.join(", ")}`;
}

/** The first field of the frame before or after. */
function inNextFrame(step) {
  const next = frames[frames.indexOf(chosen.closest("section")) + step];
  return next?.querySelector(".bytes");
}

const MOVES = {
  ArrowDown: () => fields[fields.indexOf(chosen) + 1],
  ArrowUp: () => fields[fields.indexOf(chosen) - 1],
  PageDown: () => inNextFrame(1),
  PageUp: () => inNextFrame(-1),
  Home: () => fields[0],
  End: () => fields.at(-1),
};

document.addEventListener("keydown", (event) => {
  if (document.activeElement !== chosen || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    moveToByte(event.key === "ArrowRight" ? 1 : -1);
  } else if (event.key in MOVES) {
    MOVES[event.key]()?.focus();
  } else {
    return;
  }
  event.preventDefault();
});

for (const field of fields) {
  cutIntoCells(field);
  field.tabIndex = field === chosen ? 0 : -1;
  field.addEventListener("focus", () => choose(field));
  field.addEventListener("pointermove", ({ target }) => {
    const index = Array.from(field.querySelectorAll("i")).indexOf(target);
    if (index >= 0) {
      mark(field, index);
    }
  });
  field.addEventListener("click", ({ target }) => {
    const index = Array.from(field.querySelectorAll("i")).indexOf(target);
    place = index;
    mark(field, index);
  });
}
