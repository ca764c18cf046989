// Values as text, the way a browser's console shows them.

const MAX_DEPTH = 3;
const MAX_ITEMS = 100;
const EVENT_FIELDS = ["type", "data", "code", "reason", "wasClean", "message"];

/** The beginning of a text, cut between characters as a reader sees them. */
export function beginning(text, size) {
  if (text.length <= size) return text;
  const end = new Intl.Segmenter().segment(text).containing(size).index;
  return text.slice(0, end || size);
}

/** The line that console.log prints for its arguments. */
export function format(...values) {
  if (typeof values[0] === "string" && values.length > 1) values = substitute(values);
  return values
    .map((value) => (typeof value === "string" ? value : inspect(value, 0, [])))
    .join(" ");
}

/** Fill in %s, %d, %o and their like. */
function substitute([pattern, ...values]) {
  const text = pattern.replace(/%([sdifoOc%])/g, (whole, kind) => {
    if (kind === "%") return "%";
    if (!values.length) return whole;
    const value = values.shift();
    if (kind === "c") return ""; // a style, which text cannot have
    if (kind === "s") return format(value);
    if (kind === "f") return String(parseFloat(value));
    return "di".includes(kind) ? String(parseInt(value, 10)) : inspect(value, 0, []);
  });
  return [text, ...values];
}

function inspect(value, depth, seen) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `ƒ ${value.name}()`;
  if (typeof value !== "object" || value === null)
    return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error || value instanceof DOMException)
    return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Element) return value.cloneNode().outerHTML.replace(/<\/.*/, "");
  if (seen.includes(value)) return "[circular]";
  const inner = (each) => inspect(each, depth + 1, [...seen, value]);
  const name = value.constructor?.name ?? "Object";

  if (value instanceof ArrayBuffer)
    return `ArrayBuffer(${value.byteLength}) ${list(new Uint8Array(value), inner)}`;
  if (value instanceof DataView) return `DataView(${value.byteLength})`;
  if (ArrayBuffer.isView(value)) return `${name}(${value.length}) ${list(value, inner)}`;
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return list(value, inner);
  if (value instanceof Set) return `Set(${value.size}) {${list(value, inner).slice(1, -1)}}`;
  if (value instanceof Map) {
    return `Map(${value.size}) {${[...value].map(([key, each]) => `${inner(key)} => ${inner(each)}`).join(", ")}}`;
  }
  if (value instanceof Event)
    return `${name} ${fields(
      value,
      EVENT_FIELDS.filter((key) => key in value),
      inner,
    )}`;
  if (value instanceof Blob) return `${name} ${fields(value, ["size", "type"], inner)}`;
  if (value instanceof WebSocket)
    return `WebSocket ${fields(value, ["readyState", "protocol"], inner)}`;
  const shown = fields(value, Object.keys(value), inner);
  return name === "Object" ? shown : `${name} ${shown}`;
}

function list(values, inner) {
  const shown = Array.from(values).slice(0, MAX_ITEMS).map(inner);
  const all = values.length ?? values.size;
  return `[${[...shown, ...(all > MAX_ITEMS ? ["…"] : [])].join(", ")}]`;
}

function fields(value, keys, inner) {
  const shown = keys
    .slice(0, MAX_ITEMS)
    .map((key) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${inner(value[key])}`);
  return `{${[...shown, ...(keys.length > MAX_ITEMS ? ["…"] : [])].join(", ")}}`;
}
