// What the running edition adds to JupyterLite's page: it says what is simulated and whether Python
// is ready, lets commands wait until it is, and saves the learner's work as a file.

(() => {
  const RUNS = /^(notebook|runmenu|console|fileeditor):.*\brun\b/;
  const RUNS_ONE = /^(runmenu:run$|notebook:run-cell)/;
  const SEEN = "wsdemo: the first screen was closed";
  const SLOW = 45_000;
  const NOT_YET = ["unknown", "starting", "restarting", "autorestarting"];

  const element = (name) => document.getElementById(`wsdemo-${name}`);
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  // Python

  const answering = new WeakSet();
  let waiting = 0;

  /** Wait until the Python of a notebook answers, or there is none to wait for. */
  async function untilAnswers(panel) {
    const context = panel.sessionContext;
    while (!panel.isDisposed) {
      const kernel = context.session?.kernel;
      if (kernel) {
        try {
          await kernel.info;
          if (!NOT_YET.includes(kernel.status)) return;
        } catch {
          // It was replaced meanwhile.
        }
      } else if (context.isReady && context.hasNoKernel) {
        return; // by choice; JupyterLab asks what to do
      }
      await pause(100);
    }
  }

  // Jupyter runs the next cells after one that may fail (the tag raises-exception), while
  // JupyterLite drops them. The build lets it ask here first.
  const mayFail = new Set();
  const heard = new WeakSet();
  window.wsdemoMayFail = (reply) => mayFail.delete(reply.parent_header.msg_id);

  function hear(kernel) {
    if (!kernel || heard.has(kernel)) return;
    heard.add(kernel);
    kernel.anyMessage.connect((_, { direction, msg }) => {
      const { header, content } = msg;
      if (direction === "send" && header.msg_type === "execute_request" && !content.stop_on_error) {
        mayFail.add(header.msg_id);
      }
    });
  }

  /** Whether a command is for a text, which is shown without Python. */
  function isText(panel, id) {
    const { activeCell, selectedCells = [] } = panel.content ?? {};
    return RUNS_ONE.test(id) && selectedCells.length < 2 && activeCell?.model.type === "markdown";
  }

  // JupyterLite shows a kernel as idle some seconds before it answers, and what is run until then
  // never ends. So each command that runs cells waits, whether it comes from a menu, a button or
  // the keyboard.
  function letRunsWait(app) {
    const { commands, shell } = app;
    const execute = commands.execute.bind(commands);
    commands.execute = async (id, args) => {
      const panel = shell.currentWidget;
      if (RUNS.test(id) && panel?.sessionContext && !isText(panel, id)) {
        waiting += 1;
        try {
          await untilAnswers(panel);
        } finally {
          waiting -= 1;
        }
        if (panel.isDisposed) return undefined;
        hear(panel.sessionContext.session?.kernel);
        if (shell.currentWidget !== panel) shell.activateById(panel.id);
      }
      return execute(id, args);
    };
  }

  // The bar

  let message = { text: "", until: 0 };

  function stateOf(panel, began) {
    const kernel = panel?.sessionContext?.session?.kernel;
    if (!panel?.sessionContext) return "Open a lesson from the list of files.";
    if (kernel?.status === "dead") return "Python has stopped. Choose Kernel, Restart Kernel.";
    if (kernel && !NOT_YET.includes(kernel.status)) {
      if (answering.has(kernel)) return "Python is ready.";
      kernel.info.then(
        () => answering.add(kernel),
        () => {},
      );
    }
    if (waiting) return "Python is starting… Your cells run when it is ready.";
    const slow = performance.now() - began > SLOW;
    return `Python is starting…${slow ? " This takes longer than usual: reload the page." : ""}`;
  }

  function watch(app) {
    const began = performance.now();
    const state = element("state");
    setInterval(() => {
      const shown = Date.now() < message.until;
      const text = shown ? message.text : stateOf(app.shell.currentWidget, began);
      // Only a change is read aloud.
      if (state.textContent !== text) state.textContent = text;
    }, 200);
  }

  function tell(text) {
    message = { text, until: Date.now() + 10_000 };
  }

  function show(open) {
    element("about").hidden = !open;
    element("ask").setAttribute("aria-expanded", String(open));
  }

  function close() {
    show(false);
    element("ask").focus();
    try {
      localStorage.setItem(SEEN, "yes");
    } catch {
      // Storage is forbidden; then it is shown again the next time.
    }
  }

  function isFirst() {
    try {
      return localStorage.getItem(SEEN) === null;
    } catch {
      return true;
    }
  }

  function setUp() {
    if (location.protocol === "file:") {
      element("file").showModal();
      return;
    }
    element("ask").addEventListener("click", () => show(element("about").hidden));
    element("close").addEventListener("click", close);
    element("bar").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !element("about").hidden) close();
    });
    // Python writes to its files through a service worker, which browsers refuse to a page that
    // came over plain http from another machine.
    if (!navigator.serviceWorker) {
      element("progress").textContent = "Your progress is not kept, because this is not https.";
    }
    if (!WebAssembly.Suspending) element("unable").showModal();
    else show(isFirst());
  }

  // The learner's work

  const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    return value;
  });

  function crc(bytes) {
    let value = -1;
    for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
    return ~value >>> 0;
  }

  function numbers(...fields) {
    const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
    let at = 0;
    for (const [size, value] of fields) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
    return new Uint8Array(view.buffer);
  }

  const joined = (parts) => new Blob(parts);

  /** Make a zip of files that are not compressed (APPNOTE.TXT, 4.3). */
  function zip(files) {
    const bodies = [];
    const directory = [];
    let offset = 0;
    for (const [path, bytes] of files) {
      const name = new TextEncoder().encode(path);
      const now = new Date();
      const day = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
      const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
      const common = [
        [2, 20], // version 2.0
        [2, 0x800], // the name is UTF-8
        [2, 0],
        [2, time],
        [2, day],
        [4, crc(bytes)],
        [4, bytes.length],
        [4, bytes.length],
        [2, name.length],
        [2, 0],
      ];
      bodies.push(numbers([4, 0x04034b50], ...common), name, bytes);
      const more = [2, 2, 2, 4].map((size) => [size, 0]);
      directory.push(numbers([4, 0x02014b50], [2, 20], ...common, ...more, [4, offset]), name);
      offset += 30 + name.length + bytes.length;
    }
    const size = joined(directory).size;
    const count = files.length;
    const end = [
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
      [4, size],
      [4, offset],
      [2, 0],
    ];
    return new Blob([...bodies, ...directory, numbers(...end)], { type: "application/zip" });
  }

  const sources = (notebook) =>
    JSON.stringify(
      notebook.cells.map(({ cell_type, source }) => [cell_type, [source].flat().join("")]),
    );

  /** The text of a notebook to take out, null if it is as it was published. */
  async function taken(path, notebook) {
    const answer = await fetch(`../files/${encodeURIComponent(path)}`);
    if (answer.ok) {
      if (sources(await answer.json()) === sources(notebook)) return null;
      // Where Python is a program, the kernel has this name.
      notebook.metadata.kernelspec = {
        display_name: "Python 3 (ipykernel)",
        language: "python",
        name: "python3",
      };
    }
    return `${JSON.stringify(notebook, null, 1)}\n`;
  }

  /** The notebooks that the learner has changed or made, and the progress. */
  async function collect(app) {
    await app.commands.execute("docmanager:save-all");
    const { contents } = app.serviceManager;
    const found = [];
    const add = (path, text) => found.push([path, new TextEncoder().encode(text)]);
    for (const { path, type, name } of (await contents.get("", { content: true })).content) {
      if (type === "notebook") {
        const text = await taken(path, (await contents.get(path, { content: true })).content);
        if (text !== null) add(path, text);
      } else if (name === ".wsdemo") {
        try {
          const { content } = await contents.get(".wsdemo/progress.json", {
            content: true,
            format: "text",
            type: "file",
          });
          add("progress.json", typeof content === "string" ? content : JSON.stringify(content));
        } catch {
          // No exercise was tried yet.
        }
      }
    }
    return found;
  }

  async function save(app) {
    const files = await collect(app);
    if (!files.length) {
      tell("There is nothing to save yet: you have changed no lesson and tried no exercise.");
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(zip(files));
    link.download = "wsdemo-work.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    tell(`Saved as wsdemo-work.zip: ${files.map(([path]) => path).join(", ")}`);
  }

  // JupyterLite puts its application here before it starts it.
  let application;
  Object.defineProperty(window, "jupyterapp", {
    configurable: true,
    get: () => application,
    set(app) {
      application = app;
      letRunsWait(app);
      app.restored.then(() => {
        watch(app);
        element("save").hidden = false;
        element("save").addEventListener("click", () =>
          save(app).catch((error) => tell(`Your work could not be saved: ${error.message}`)),
        );
      });
    },
  });
  document.addEventListener("DOMContentLoaded", setUp);
})();
