// Look into single bytes, with the pointer or the keyboard. Without it, the page can still be read.
const fields = Array.from(document.querySelectorAll("button.bytes"));
const frames = Array.from(document.querySelectorAll("main section"));
const inspector = document.getElementById("inspector");
const live = document.getElementById("live");

let chosen = fields[0]; // the one field that Tab leads to
let place = -1; // which of its bytes is looked at; -1 for none

const CAPTIONS = { 9: "\\t", 10: "\\n", 13: "\\r", 32: "␣" };

const hex = (byte) => byte.toString(16).padStart(2, "0");
const bits = (byte) => byte.toString(2).padStart(8, "0").replace(/^..../, "$& ");
const isPrinted = (byte) => byte > 32 && byte < 127;
const parse = (text) => (text.match(/[0-9a-f]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16));

/** What a field's bytes are on the wire, and without the mask. */
function bytesOf(field) {
  const wire = Array.from(field.querySelectorAll("i"), (cell) =>
    Number.parseInt(cell.textContent, 16),
  );
  return { wire, clear: "clear" in field.dataset ? parse(field.dataset.clear) : wire };
}

/** What is written below a byte; nothing where characters would mean nothing. */
function caption(field, byte) {
  if (!field.classList.contains("text")) {
    return "clear" in field.dataset ? hex(byte) : undefined;
  }
  const other = "clear" in field.dataset ? hex(byte) : "·";
  return CAPTIONS[byte] ?? (isPrinted(byte) ? String.fromCharCode(byte) : other);
}

/** Give each byte a cell of its own, with what it means below it. */
function cutIntoCells(field) {
  const text = field.firstChild;
  const wire = parse(text.data);
  const clear = "clear" in field.dataset ? parse(field.dataset.clear) : wire;
  const cells = wire.map((byte, index) => {
    const cell = document.createElement("i");
    cell.textContent = hex(byte);
    const below = caption(field, clear[index]);
    if (below) {
      cell.dataset.c = below;
    }
    return cell;
  });
  text.replaceWith(...cells);
}

/** Say what one byte is: in numbers, as a character, and how it is masked. */
function describe(field, index) {
  const { wire, clear } = bytesOf(field);
  const byte = wire[index];
  const parts = [`${hex(byte)} = ${byte} = ${bits(byte)}`];
  if ("clear" in field.dataset) {
    const meant = clear[index];
    parts.push(`XOR ${hex(byte ^ meant)} of the key = ${hex(meant)} = ${meant} = ${bits(meant)}`);
  }
  if (field.classList.contains("text") && isPrinted(clear[index])) {
    parts.push(`the character ${String.fromCharCode(clear[index])}`);
  }
  return parts;
}

function paragraph(text, name = "") {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

/** Show a byte in the bar at the bottom. */
function inspect(field, index) {
  const sender = field.closest("section").className === "to-server" ? "client" : "server";
  const number = document.createElement("b");
  number.textContent = describe(field, index).join("   ·   ");
  const told = Array.from(field.closest("li").querySelectorAll(".about > b, .about > code"));
  const where = `byte ${Number(field.dataset.at) + index} of the ${sender}`;
  inspector.replaceChildren(
    paragraph(where),
    number,
    paragraph(told.map((each) => each.textContent).join(": "), "told"),
  );
  inspector.hidden = false;
}

function mark(field, index) {
  for (const old of document.querySelectorAll(".on, .here")) {
    old.classList.remove("on", "here");
  }
  field.closest("li").classList.add("here");
  document
    .querySelectorAll("nav a")
    [frames.indexOf(field.closest("section"))]?.classList.add("here");
  if (index >= 0) {
    field.querySelectorAll("i")[index]?.classList.add("on");
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
  live.textContent = `byte ${place + 1} of ${count}: ${describe(chosen, place).join(", ")}`;
}

/** The first field of the frame before or after. */
function inNextFrame(step) {
  const next = frames[frames.indexOf(chosen.closest("section")) + step];
  return next?.querySelector("button.bytes");
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
    field.focus(); // Safari does not focus a button that is clicked
    place = index;
    mark(field, index);
  });
}
