"""The cases of the Autobahn suite, where a program that has them is installed."""

import json
import pathlib
import shutil
import subprocess
import tempfile

from wsdemo.judge.address import Trouble

__all__ = ["EXCLUDED", "run_autobahn"]

EXCLUDED = ("9.*", "12.*", "13.*")
"""Limits and performance, which take long; compression, which is another RFC (7692)."""

TIME_LIMIT = 600
"""Seconds for all cases; they take some seconds to a minute."""

PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")


def run_autobahn(url: str) -> tuple[int, list[str]]:
    """Try the quick cases of the Autobahn suite on a server.

    Args:
        url: the server's address.

    Returns:
        How many cases were tried, and the numbers of those that failed.

    Raises:
        Trouble: no program that has the cases is installed, or it did not run them.
    """
    with tempfile.TemporaryDirectory(prefix="wsdemo-") as folder:
        command = _command(url, pathlib.Path(folder))
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            raise Trouble(f"{command[0]} had not finished after {TIME_LIMIT} s") from None
        index = pathlib.Path(folder) / "index.json"
        if not index.is_file():
            last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            raise Trouble(f"{command[0]} has written no report:\n{last}")
        [cases] = json.loads(index.read_text("utf-8")).values()
    failed = [number for number, case in cases.items() if case["behavior"] not in PASSED]
    return len(cases), failed


def _command(url: str, folder: pathlib.Path) -> list[str]:
    if program := shutil.which("kosoku"):
        exclude = [word for pattern in EXCLUDED for word in ("-x", pattern)]
        return [program, "-m", "fuzzingclient", *exclude, "-p", "4", "-o", str(folder), url]
    if program := shutil.which("wstest"):
        spec = {
            "outdir": str(folder),
            "servers": [{"url": url}],
            "cases": ["*"],
            "exclude-cases": EXCLUDED,
        }
        file = folder / "spec.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        return [program, "-m", "fuzzingclient", "-s", str(file)]
    raise Trouble("neither kosoku nor wstest is installed here. Try: pip install kosoku")
