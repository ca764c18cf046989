"""The command ``wsdemo judge``."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence

from wsdemo.judge.address import Trouble
from wsdemo.judge.autobahn import run_autobahn
from wsdemo.judge.candidate import Candidate, ClientProgram, RunningServer, candidate_for
from wsdemo.judge.model import Stage, Verdict
from wsdemo.judge.report import Report, explain
from wsdemo.judge.run import PATIENCE, run
from wsdemo.judge.stages import choose

__all__ = ["main"]

QUIET = 2
"""Seconds of a stage before the first dot."""

DESCRIPTION = """\
Judge a WebSocket server or client in any language, from outside, stage by stage
up to the first case that fails. Each failure shows the conversation, the bytes,
the section of RFC 6455, what was expected and received, and a hint.

  wsdemo judge ws://127.0.0.1:8000       a server that you have started
  wsdemo judge -- node server.js         a server that the judge starts
  wsdemo judge --client -- ./my-client   a client (stages 15 and 16)
"""

CONTRACT = """\
a server under test
  listens on 127.0.0.1 and, where the judge starts it, on the port in the
  environment variable PORT. It is an echo: it accepts any path and sends each
  text or binary message back, with its type. It echoes messages of up to 1 MiB,
  and refuses a message of more than 16 MiB. It serves many clients at once.

a client under test
  is started once for each case. It connects to the address in the environment
  variable WS_URL, sends each message back, and ends with the connection.

Exit status: 0 if all that was asked for passes, 1 if a case fails, 2 if the
program cannot be judged.
"""


def main(words: Sequence[str]) -> int:
    """Run the command; return its exit status.

    Args:
        words: what comes after ``wsdemo judge``.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # for a terminal that has no ✓
    place = words.index("--") if "--" in words else len(words)
    own, command = list(words[:place]), list(words[place + 1 :])
    parser = _parser()
    chosen = parser.parse_args(own)
    if len(chosen.words) > 1 or (chosen.words and shutil.which(chosen.words[0])):
        parser.error(f"write -- before the program: wsdemo judge -- {' '.join(chosen.words)}")
    url = chosen.words[0] if chosen.words else ""
    if place < len(words) and not command:
        parser.error("name a program after --, such as: wsdemo judge -- node server.js")
    if url and command:
        parser.error("give an address, or a program after --, not both")
    if not (url or command or chosen.list):
        parser.error(
            "give the address of your server, or a program after --: "
            "wsdemo judge ws://127.0.0.1:8000, or wsdemo judge -- node server.js"
        )
    if not 0 < chosen.patience <= 60:
        parser.error(
            f"--patience is a number of seconds, more than 0 and at most 60, not "
            f"{chosen.patience:g}"
        )
    try:
        return _run(chosen, url or command)
    except Trouble as trouble:
        print(f"wsdemo: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "wsdemo judge",
        usage="wsdemo judge [options] ws://HOST:PORT\n"
        "       wsdemo judge [options] -- PROGRAM [ARGUMENT ...]",
        description=DESCRIPTION,
        epilog=CONTRACT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="*", metavar="ws://HOST:PORT", help="the server's address")
    parser.add_argument("--client", action="store_true", help="the program is a client")
    parser.add_argument("--stage", type=int, metavar="N", help="try stage N only")
    parser.add_argument(
        "--all", action="store_true", help="go on after a case that fails, and show all of them"
    )
    parser.add_argument(
        "--list", action="store_true", help="list the stages; with --stage N, its cases"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="how long the program has for each answer (%(default)g)",
    )
    parser.add_argument(
        "--autobahn",
        action="store_true",
        help="try the quick cases of the Autobahn suite instead, where kosoku (from PyPI) or "
        "wstest is installed",
    )
    return parser


def _run(chosen: argparse.Namespace, program: str | list[str]) -> int:
    if chosen.list:
        sides = ["client"] if chosen.client else ["server", "client"]
        if chosen.stage is not None and chosen.stage in [s.number for s in choose("client")]:
            sides = ["client"]
        elif chosen.stage is not None:
            sides = sides[:1]
        for side in sides:
            for stage in choose(side, chosen.stage):
                print(_listed(stage, whole=chosen.stage is not None))
        return 0
    candidate = candidate_for(program, chosen.client)
    if chosen.autobahn:
        return asyncio.run(_try_autobahn(candidate))
    stages = choose(candidate.side, chosen.stage)
    return asyncio.run(_judge(stages, candidate, chosen.patience, chosen.all))


def _listed(stage: Stage, whole: bool) -> str:
    head = f"{stage.number:>2}  {stage.title}: {len(stage.cases)} cases\n    {stage.task}"
    cases = [
        f"    {stage.number}.{place:<3} {case.title} (§{case.section})"
        for place, case in enumerate(stage.cases, 1)
    ]
    return "\n".join([head, *cases] if whole else [head])


async def _judge(
    stages: Sequence[Stage], candidate: Candidate, patience: float, go_on: bool
) -> int:
    progress = Progress()
    try:
        report = await run(stages, candidate, patience, go_on, progress.begins, progress.ends)
    finally:
        progress.stop()
        await candidate.stop()
    for verdict in report.failures:
        print(f"\n{explain(verdict)}")
    print(f"\n{_last_line(stages, report)}")
    return 0 if report.passed else 1


class Progress:
    """A line for each stage; a dot for each second in which the judge waits for a slow program."""

    def __init__(self) -> None:
        self._dots: asyncio.TimerHandle | None = None

    def begins(self, stage: Stage) -> None:
        """Begin the line of a stage."""
        print(f"{stage.number:>2}  {stage.title:<28}", end="", flush=True)
        self._dots = asyncio.get_running_loop().call_later(QUIET, self._dot)

    def _dot(self) -> None:
        print(".", end="", flush=True)
        self._dots = asyncio.get_running_loop().call_later(1, self._dot)

    def ends(self, stage: Stage, verdicts: Sequence[Verdict]) -> None:
        """End it with what came of the stage."""
        self.stop()
        failed = [verdict.number for verdict in verdicts if not verdict.passed]
        told = f"✗ {', '.join(failed)}" if failed else f"✓ {len(stage.cases)} cases"
        print(told, flush=True)

    def stop(self) -> None:
        """Write no more dots."""
        if self._dots:
            self._dots.cancel()


def _last_line(stages: Sequence[Stage], report: Report) -> str:
    tried = {verdict.number.partition(".")[0] for verdict in report.verdicts}
    left = [stage.number for stage in stages if str(stage.number) not in tried]
    if not left:
        return report.summary
    span = f"stage {left[0]} is" if len(left) == 1 else f"stages {left[0]} to {left[-1]} are"
    return f"{report.summary}; {span} not tried yet"


async def _try_autobahn(candidate: Candidate) -> int:
    if isinstance(candidate, ClientProgram) or not isinstance(candidate, RunningServer):
        raise Trouble("--autobahn is for servers")
    try:
        await candidate.revive()
        address = candidate.address
        url = f"ws://{address.authority}{address.target}"
        print("The Autobahn suite runs; this may take a minute.", flush=True)
        count, failed = await asyncio.to_thread(run_autobahn, url)
    finally:
        await candidate.stop()
    for number in failed:
        print(f"✗ Autobahn's case {number}")
    print(f"{'✗' if failed else '✓'} {count - len(failed)} of {count} cases passed")
    return 1 if failed or not count else 0
