// Run a program in Pyodide under Node: node under_pyodide.mjs PYODIDE WHEELS COURSE PROGRAM ARGUMENTS…
// PYODIDE is npm's package, WHEELS a folder, COURSE this project's, PROGRAM a file in it.
// Node 20 cannot suspend Python, so nothing here may wait for a thread or for a message.

import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, wheels, course, ...argv] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
python.mountNodeFS("/wheels", wheels);
python.mountNodeFS("/course", course);
python.globals.set("wheels", python.toPy(readdirSync(wheels)));
python.globals.set("argv", python.toPy(argv));
process.exitCode = python.runPython(`
import os, runpy, sys, zipfile

for name in wheels:
    zipfile.ZipFile(f"/wheels/{name}").extractall("/site")
sys.path[:0] = ["/course", "/site"]
sys.dont_write_bytecode = True
os.chdir("/course")
sys.argv = argv
status = 0
try:
    runpy.run_path(argv[0], run_name="__main__")
except SystemExit as end:
    status = int(end.code or 0)
status
`);
