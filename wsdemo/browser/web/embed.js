// This code is in every output of a Browser or a javascript cell. It finds the way to the kernel's
// console and opens the page there in a frame. The saved notebook contains it, so it is short. It
// runs in the notebook's own origin, so it loads no code: when a kernel has ended, any program may
// answer on its port.
for (const panel of document.querySelectorAll("div.wsdemo:not([data-seen])")) (async () => {
  panel.dataset.seen = "";
  const {port, token, page, name, height} = panel.dataset;
  // A saved notebook has port 0, and one that is not trusted has lost it: nothing runs yet.
  if (!port || port === "0") return;
  const config = document.getElementById("jupyter-config-data");
  const base = config ? JSON.parse(config.textContent).baseUrl : document.body.dataset.baseUrl;
  const direct = `http://127.0.0.1:${port}/`;
  const relays = base ? ["wsdemo", "proxy"].map(way => `${location.origin}${base}${way}/${port}/`) : [];
  // From another machine 127.0.0.1 is the wrong one, and browsers ask the user before they try it.
  const near = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
  let found = false;
  for (const root of near ? [direct, ...relays] : [...relays, direct]) {
    // A busy Jupyter server answers late; 127.0.0.1, seen from elsewhere, perhaps never.
    const signal = AbortSignal.timeout(root === direct ? 3000 : 20000);
    const ping = fetch(`${root}_ping?key=${token}`, {signal});
    const [status, text] = await ping.then(async each => [each.status, await each.text()]).catch(() => []);
    // Our relay answers 502 if nothing listens there; another kernel's console rejects the key.
    found ||= status === 502 || text?.startsWith("No page");
    if (text !== "wsdemo\n") continue;
    const frame = document.createElement("iframe");
    const paint = () => {
      const {dataset: {jpThemeLight: light}, classList} = document.body;
      const [r, g, b] = getComputedStyle(panel).color.match(/[\d.]+/g).map(Number);
      const dark = light ? light === "false" : classList.contains("vscode-dark") || r + g + b > 382;
      frame.style.colorScheme = dark ? "dark" : "light";
    };
    frame.title = name;
    frame.style.cssText = `width:100%;height:${height || 60}px;border:0;border-radius:8px;display:block`;
    paint();
    new MutationObserver(paint).observe(document.body, {attributes: true});
    if (!height) addEventListener("message", ({source, data}) => {
      if (source === frame.contentWindow && data.height) frame.style.height = `${data.height}px`;
    });
    frame.src = `${root}${page}?key=${token}`;
    return panel.replaceChildren(frame);
  }
  const advice = "Run the notebook’s cells again, up to this one.";
  panel.firstElementChild.textContent = found
    ? `The kernel that served this panel is gone. ${advice}`
    : `This panel cannot reach its kernel. ${advice} Still nothing? If the kernel is on another `
      + "machine, the Jupyter server needs the extension wsdemo.jupyter (pip install wsdemo) or "
      + "jupyter-server-proxy.";
})();
