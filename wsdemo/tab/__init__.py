"""What the course needs to run in a browser tab, where Python has neither threads nor a network.

The browser edition runs Pyodide: CPython, compiled to WebAssembly. It is the same Python, the same
``websockets`` and the same course, byte for byte. Two things are simulated:

* **Threads** take turns on the one thread that a tab has: see :mod:`wsdemo.tab.threads`.
* **The network** is memory: a socket is one end of a pair of buffers; see
  :mod:`wsdemo.tab.sockets`.

Every byte that passes is the byte that would pass outside. What a browser does not show: other
machines, processes, TLS.
"""

import importlib.util

__all__ = ["install"]

_installed = False


def install() -> None:
    """Give this Python threads and a network, once, before the course uses either.

    What is needed of Pyodide is imported here, so that this package can be read, and its parts
    tested, under any Python.
    """
    global _installed
    if _installed:
        return
    _installed = True
    from wsdemo import embedding
    from wsdemo.tab import browser_loop, drive, missing, patches, plots, profiling, threads

    threads.install()
    patches.install(threads.yield_turn)
    browser_loop.install()
    drive.mark_copy()
    embedding.panel_script, embedding.way_to_class = _panel_script, _way_to_class
    missing.install()
    profiling.install()
    if importlib.util.find_spec("matplotlib") is None:
        plots.install()


def _panel_script() -> str:
    from wsdemo.tab import bridge  # at the first panel: with it come websockets and HTTP

    return bridge.panel_script()


def _way_to_class(host: str, port: int) -> None:
    from wsdemo.tab import way_out

    way_out.open_way(host, port)
