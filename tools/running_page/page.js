// What the running edition adds to JupyterLite's page: it says what is simulated and whether Python
// is ready, lets commands wait until it is, and saves the learner's work as a file.

(() => {
  const RUNS = /^(notebook|runmenu|console|fileeditor):.*\brun\b/;
  const RUNS_ONE = /^(runmenu:run$|notebook:run-cell)/;
  const LOADS = "apputils:load-statedb";
  const SEEN = "wsdemo: the first screen was closed";
  const SLOW = 45_000;
  const NOT_YET = ["unknown", "starting", "restarting", "autorestarting"];

  const element = (name) => document.getElementById(`wsdemo-${name}`);
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  // Python

  const answering = new WeakSet();
  let waiting = 0;

  /** Wait until a notebook's Python answers; return at once if the notebook has none. */
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
  const watched = new WeakSet();
  window.wsdemoMayFail = (reply) => mayFail.delete(reply.parent_header.msg_id);

  function noteRuns(kernel) {
    if (!kernel || watched.has(kernel)) return;
    watched.add(kernel);
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
        noteRuns(panel.sessionContext.session?.kernel);
        if (shell.currentWidget !== panel) shell.activateById(panel.id);
      }
      return execute(id, args);
    };
  }

  // JupyterLab opens the lesson that the address names when it has saved which ones were open, and
  // it saves half a second after the last change. The lesson need not wait for that.
  function openBeforeItSaves(app) {
    const execute = app.commands.execute.bind(app.commands);
    app.commands.execute = (id, args) => {
      const executed = execute(id, args);
      if (id !== LOADS || asked.has("clone")) return executed;
      return Promise.race([executed, app.restored.then(() => undefined)]);
    };
  }

  // JupyterLab hides its page for a moment when the theme has come. A lesson that opens just then
  // gets no focus, and so no command is for it.
  function focusOne(shell) {
    const [first] = shell.widgets("main");
    if (first && !shell.currentWidget) shell.activateById(first.id);
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
      focusOne(app.shell);
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
    const add = (path, text) => found.push([path, window.fflate.strToU8(text)]);
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
    const zipped = window.fflate.zipSync(Object.fromEntries(files));
    link.href = URL.createObjectURL(new Blob([zipped], { type: "application/zip" }));
    link.download = "wsdemo-work.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    tell(`Saved as wsdemo-work.zip: ${files.map(([path]) => path).join(", ")}`);
  }

  // JupyterLite notes some seconds later which lesson is open, and takes its path out of the
  // address: who reloads the page before that would find none.
  const asked = new URLSearchParams(location.search);

  async function openAgain({ commands, serviceManager, shell }) {
    const lesson = `${asked.get("workspace")}.ipynb`;
    if (asked.has("path") || [...shell.widgets("main")].some(({ context }) => context)) return;
    const { content } = await serviceManager.contents.get("", { content: true });
    if (content.some(({ path }) => path === lesson)) {
      await commands.execute("docmanager:open", { path: lesson });
      // JupyterLab shows its launcher as long as nothing is open.
      for (const widget of [...shell.widgets("main")]) {
        if (widget.id.startsWith("launcher")) widget.dispose();
      }
    }
  }

  // JupyterLite puts its application here before it starts it.
  let application;
  Object.defineProperty(window, "jupyterapp", {
    configurable: true,
    get: () => application,
    set(app) {
      application = app;
      letRunsWait(app);
      openBeforeItSaves(app);
      app.restored.then(() => {
        watch(app);
        openAgain(app).catch((error) => tell(`Open the lesson from the list: ${error.message}`));
        element("save").hidden = false;
        element("save").addEventListener("click", () =>
          save(app).catch((error) => tell(`Your work could not be saved: ${error.message}`)),
        );
      });
    },
  });
  document.addEventListener("DOMContentLoaded", setUp);
})();
