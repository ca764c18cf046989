// The lines of a wire: as many as a page can show, the newest at the end.

const KEPT = 5_000; // lines that the filter can look through
const SHOWN = 500; // lines in the document
const EMPTY = "Nothing has passed yet. Connect a client to wire.url, not to the server.";
const ARROWS = { "to server": "client → server", "to client": "server → client" };
const WAYS = { "to server": "up", "to client": "down" };

export class Log {
  #box;
  #list;
  #earlier;
  #count;
  #newest;
  #lines = [];
  #items = new Map(); // what is in the document, by number
  #total = 0;
  #fitting = 0; // of the lines, by the filter
  #matches = all;
  #atEnd = true;
  #missed = 0;

  /** @param {HTMLElement} box what scrolls; its list gets the lines. */
  constructor(box) {
    this.#box = box;
    this.#list = box.querySelector("ol");
    this.#earlier = document.getElementById("earlier");
    this.#count = document.getElementById("count");
    this.#newest = document.getElementById("newest");
    this.#newest.onclick = () => this.#goToEnd();
    box.addEventListener("scroll", () => {
      this.#atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
      if (this.#atEnd) this.#missed = 0;
      this.#tell();
    });
    this.#tell();
  }

  /** Show more lines; all at once, because each change of the page costs a layout. */
  add(lines) {
    for (const line of lines) line.fits = this.#matches(line);
    this.#lines.push(...lines);
    const dropped = this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT));
    const fitting = fit(lines);
    this.#fitting += fitting.length - fit(dropped).length;
    this.#total = lines.at(-1).number;
    if (lines.some(({ connection }) => connection > 1)) this.#list.classList.add("several");
    if (!this.#atEnd) this.#missed += fitting.length;
    this.#append(fitting);
    this.#tell();
  }

  /** Show what has become of frames that were held. */
  update(fates) {
    for (const line of this.#lines) {
      if (!(line.number in fates)) continue;
      line.fate = fates[line.number];
      const item = this.#items.get(line.number);
      if (item) this.#fill(item, line);
    }
  }

  /**
   * Show only some of the lines.
   * @param {?function(object): boolean} matches tells which; without it, all are shown.
   */
  filter(matches) {
    this.#matches = matches ?? all;
    for (const line of this.#lines) line.fits = this.#matches(line);
    const fitting = fit(this.#lines);
    this.#fitting = fitting.length;
    this.#items.clear();
    this.#list.replaceChildren();
    this.#append(fitting);
    this.#goToEnd();
  }

  #append(lines) {
    const fragment = document.createDocumentFragment();
    for (const line of lines.slice(-SHOWN)) {
      const item = this.#fill(document.createElement("li"), line);
      this.#items.set(line.number, item);
      fragment.append(item);
    }
    this.#list.append(fragment);
    for (const [number, item] of this.#items) {
      if (this.#items.size <= SHOWN) break;
      this.#items.delete(number);
      item.remove();
    }
    if (this.#atEnd) this.#box.scrollTop = this.#box.scrollHeight;
  }

  #fill(item, { connection, time, direction, kind, text, sizes, notes, fate }) {
    const words = sizes ? `${kind} ${text}` : text; // a frame, or something else
    const size = sizes ? [`${sizes[0]} + ${sizes[1]} bytes`] : [];
    const told =
      fate === "delivered" ? notes : [...notes, fate === "held" ? "held on the wire" : fate];
    const injected = notes.includes("injected") ? "injected" : "";
    item.className = `${WAYS[direction] ?? "remark"} ${fate} ${injected}`;
    item.replaceChildren(
      part("time", `${time.toFixed(3)} s`),
      part("span", connection, "connection"),
      part("span", ARROWS[direction] ?? "~", "mark"),
      part("span", words, "text"),
      part("span", [...size, ...told].join(", "), "notes"),
    );
    return item;
  }

  #goToEnd() {
    this.#atEnd = true;
    this.#missed = 0;
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#tell();
  }

  #tell() {
    const total = `${number(this.#total)} line${this.#total === 1 ? "" : "s"}`;
    const filtered = this.#matches !== all;
    this.#count.textContent = filtered ? `${number(this.#fitting)} of ${total}` : total;
    this.#earlier.textContent = this.#aboveFirst(filtered);
    this.#earlier.hidden = !this.#earlier.textContent;
    this.#newest.hidden = this.#atEnd;
    this.#newest.textContent = this.#missed ? `↓ ${number(this.#missed)} new` : "↓ newest";
  }

  /** What stands above the first line: how many there were before it. */
  #aboveFirst(filtered) {
    if (!this.#total) return EMPTY;
    const unknown = this.#total - this.#lines.length; // the filter cannot look through them
    const fitting = this.#fitting - this.#items.size;
    if (!filtered) return fitting + unknown ? `… ${number(fitting + unknown)} earlier lines` : "";
    const parts = [
      fitting ? `${number(fitting)} earlier lines fit` : "",
      unknown ? `the first ${number(unknown)} lines are no longer searched` : "",
    ].filter(Boolean);
    return parts.length ? `… ${parts.join(", ")}` : "";
  }
}

const all = () => true;
const fit = (lines) => lines.filter(({ fits }) => fits);
const number = (count) => count.toLocaleString("en");

function part(tag, textContent, className = "") {
  return Object.assign(document.createElement(tag), { textContent, className });
}
