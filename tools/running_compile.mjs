// Compile the modules that a Python of the running edition imports when it starts, and those that
// `wsdemo` has for the lessons: node running_compile.mjs PYODIDE OUT
// PYODIDE is the running edition's folder of that name; OUT an empty folder, for a .pyc beside the
// path that each module has in the browser.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, out] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
const { packages } = JSON.parse(readFileSync(`${pyodide}/pyodide-lock.json`, "utf8"));
const here = Object.values(packages).filter(({ file_name }) => !file_name.includes("://"));
await python.loadPackage(
  here.map(({ name }) => name),
  { messageCallback() {} },
);
python.mountNodeFS("/out", out);
python.runPython(`
import contextlib, pathlib, py_compile, sys

import piplite.piplite, ipykernel, comm, jedi, micropip, pyodide_kernel
import websockets.asyncio.client, websockets.asyncio.server
import wsdemo

for name in wsdemo.__all__:
    with contextlib.suppress(Exception):  # without a notebook, some have nothing to show
        getattr(wsdemo, name)

source = pathlib.Path("/source.py")
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if path and path.endswith(".py") and hasattr(module.__loader__, "get_data"):
        source.write_bytes(module.__loader__.get_data(path))
        # Nothing changes a file in the browser, so nothing is to be compared with the source.
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compiled = f"/out{path}c"
        py_compile.compile(source, compiled, path, doraise=True, invalidation_mode=unchecked)
`);
