// This stands in every output of a Browser or a javascript cell that has run in a browser tab. It
// asks the kernel, which is in this very browser, for the panel's page, and opens it in a frame
// that has no origin: what runs there reaches neither this notebook nor what the site has stored.
for (const panel of document.querySelectorAll("div.wsdemo:not([data-seen])"))
  (() => {
    panel.dataset.seen = "";
    const { port, token, page, name, height } = panel.dataset;
    // A saved notebook has port 0, and one that is not trusted has lost it: nothing runs yet.
    if (!port || port === "0") return;
    const orders = new BroadcastChannel("CHANNEL_NAME");
    const frame = document.createElement("iframe");
    const url = `http://127.0.0.1:${port}/${page}?key=${token}`;

    // Each port is a client with a name that it does not know, so it cannot speak for another one.
    const attach = (port) => {
      const client = [...crypto.getRandomValues(new Uint32Array(4))].join("-");
      const answers = new BroadcastChannel(`CHANNEL_NAME ${client}`);
      answers.onmessage = ({ data }) => port.postMessage(data);
      port.onmessage = ({ data }) => {
        orders.postMessage({ ...data, client });
        if (data.do === "leave") answers.close();
      };
    };
    const { port1: own, port2: itsEnd } = new MessageChannel();
    attach(itsEnd);
    const load = () =>
      own.postMessage({
        id: Math.random(),
        do: "document",
        url,
        page: url,
        agent: navigator.userAgent,
      });

    const paint = () => {
      const {
        dataset: { jpThemeLight: light },
      } = document.body;
      const [r, g, b] = getComputedStyle(panel)
        .color.match(/[\d.]+/g)
        .map(Number);
      const dark = light ? light === "false" : r + g + b > 382;
      frame.style.colorScheme = dark ? "dark" : "light";
    };
    frame.title = name;
    frame.setAttribute("sandbox", "allow-scripts allow-forms");
    frame.style.cssText = `width:100%;height:${height || 60}px;border:0;border-radius:8px;display:block`;
    paint();
    new MutationObserver(paint).observe(document.body, { attributes: true });
    addEventListener("message", ({ source, data, ports }) => {
      if (!source || source !== frame.contentWindow) return;
      if (data?.wsdemo === "port" && ports.length) attach(ports[0]);
      if (data?.wsdemo === "reload") load();
      if (data?.height > 0 && !height) frame.style.height = `${data.height}px`;
    });

    const show = (text) => {
      if (!frame.isConnected) panel.firstElementChild.textContent = text;
    };
    const advice = "Run the notebook’s cells again, up to this one.";
    const late = setTimeout(() => show(`This panel’s kernel does not answer. ${advice}`), 15000);
    own.onmessage = ({ data: { html } }) => {
      clearTimeout(late);
      if (!html) return show(`The kernel that served this panel is gone. ${advice}`);
      frame.srcdoc = html;
      if (!frame.isConnected) panel.replaceChildren(frame);
    };
    load();
  })();
