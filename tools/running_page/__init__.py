"""What the running edition adds to JupyterLite's page: the bar above it, and what it says.

The bar is in ``bar.html``, its look in ``page.css``. ``page.js`` also lets commands that run cells
wait until Python answers, and saves the learner's work.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tools.running_fetch import FFLATE, fetch_npm

HERE = Path(__file__).resolve().parent
DEFAULTS = HERE.parent.parent / "wsdemo" / "jupyterlab_defaults.json"

EXTENSION = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")
BUILD = {
    "LiteBuildConfig": {
        # Not whatever else is installed for the JupyterLab of whoever builds it.
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(EXTENSION)],
    }
}
"""JupyterLite's settings for the build."""

UNUSED = (
    # what JupyterLite's own developers use
    "jupyterlite.schema.v0.json",
    "package.json",
    "rspack.config*.js",
    # second addresses of the same page
    "doc",
    "lab/tree",
    "lab/workspaces",
)


def overrides() -> dict[str, Any]:
    """Return the settings of JupyterLab: the course's own, and those for a browser's storage."""
    found: dict[str, Any] = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    found["@jupyterlab/docmanager-extension:plugin"]["autosaveInterval"] = 10  # seconds
    found["@jupyterlab/apputils-extension:themes"] = {"adaptive-theme": True}  # light or dark
    return found


def replace(text: str, old: str, new: str) -> str:
    """Replace a part that must be there once.

    Raises:
        ValueError: it is not; JupyterLite has changed its page.
    """
    if text.count(old) != 1:
        raise ValueError(f"JupyterLite's page has {text.count(old)} times {old!r}")
    return text.replace(old, new)


def add_bar(page: str, version: str) -> str:
    """Return JupyterLite's page with the bar, and with what it loads.

    Args:
        page: ``lab/index.html``.
        version: changes with the files, so that no browser takes old ones.
    """
    head = (
        f'<link rel="stylesheet" href="wsdemo.css?{version}">\n'
        f'    <script src="fflate.js?{FFLATE}"></script>\n'
        f'    <script src="wsdemo.js?{version}"></script>\n'
    )
    page = replace(page, "<html>", '<html lang="en">')
    page = replace(page, "<title>JupyterLite</title>", "<title>Learn WebSockets in Python</title>")
    # Before JupyterLite's own script: it waits for what that one starts.
    page = replace(
        page, '<script id="jupyter-config-data"', f'{head}    <script id="jupyter-config-data"'
    )
    before, _, rest = page.partition("<noscript>")
    page = before + rest.partition("</noscript>")[2]
    body = '<body class="jp-ThemedContainer" data-notebook="lab">'
    bar = (HERE / "bar.html").read_text(encoding="utf-8")
    return replace(page, body, f"{body}\n{bar}")


DROPS = '"error"===e.content.status&&"interrupt"!==e.metadata.cause&&('
"""Where JupyterLite drops all cells that wait, after one that has failed."""


def let_cells_fail(site: Path) -> None:
    """Let the next cells run after one with the tag ``raises-exception``, as Jupyter does.

    Args:
        site: what JupyterLite has built.

    Raises:
        ValueError: JupyterLite has changed its code.
    """
    scripts = [path for path in (site / "build").glob("*.js") if DROPS in path.read_text("utf-8")]
    if len(scripts) != 1:
        raise ValueError(f"{len(scripts)} of JupyterLite's scripts have {DROPS!r}")
    asks = DROPS.removesuffix("(") + "!window.wsdemoMayFail(e)&&("
    text = replace(scripts[0].read_text(encoding="utf-8"), DROPS, asks)
    scripts[0].write_text(text, encoding="utf-8")


def finish(site: Path) -> None:
    """Add the bar to a built running edition, and delete what is not used.

    Args:
        site: what JupyterLite has built.
    """
    files = {name: HERE / f"page{Path(name).suffix}" for name in ("wsdemo.css", "wsdemo.js")}
    for name, path in files.items():
        shutil.copy(path, site / "lab" / name)
    shutil.copy(fetch_npm("fflate", FFLATE) / "umd" / "index.js", site / "lab" / "fflate.js")
    version = hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()[:8]
    let_cells_fail(site)
    page = site / "lab" / "index.html"
    page.write_text(add_bar(page.read_text(encoding="utf-8"), version), encoding="utf-8")
    for pattern in UNUSED:
        for path in site.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
