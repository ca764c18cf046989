// Run pytest in Pyodide under Node: node run_pytest.mjs PYODIDE WHEELS COURSE ARGUMENTS…
// There is no stack switching in Node 20, so nothing here may wait: tests of pure modules only.

import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodideFolder, wheels, course, ...arguments_] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodideFolder });
python.mountNodeFS("/wheels", wheels);
python.mountNodeFS("/course", course);
python.globals.set("wheels", python.toPy(readdirSync(wheels)));
python.globals.set("arguments", python.toPy(arguments_));
process.exitCode = python.runPython(`
import os, sys, zipfile
for name in wheels:
    zipfile.ZipFile(f"/wheels/{name}").extractall("/site")
sys.path[:0] = ["/course", "/site"]
sys.dont_write_bytecode = True
os.chdir("/course")
import pytest
int(pytest.main(["-c", "/dev/null", "--rootdir=/course", "--confcutdir=/course/tests", "-p", "no:cacheprovider", *arguments]))
`);
