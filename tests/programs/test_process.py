"""Programs beside the notebook start, end, come back, and never outlive it."""

import os
import pathlib
import socket
import subprocess
import sys
import tempfile

import pytest

from tests.waiting import wait_until
from wsdemo.programs import brokers
from wsdemo.programs.balancers import balancer
from wsdemo.programs.process import LOW_PORTS, Program, find_in_wheel, free_ports, serve_in_process

LISTEN = """
import os, signal, socket, sys, threading
print("here I am", os.getpid(), flush=True)
def leave(*_):
    print("goodbye", flush=True)
    raise SystemExit
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1] == "polite":
    signal.signal(signal.SIGTERM, leave)
with open(os.path.join(sys.argv[3], "kept"), "a") as kept:
    kept.write("x")
server = socket.create_server(("127.0.0.1", int(sys.argv[2])))
threading.Event().wait()
"""


def listener(kind="plain", **options):
    [port] = free_ports(1)
    command = [sys.executable, "-c", LISTEN, kind, str(port), "FOLDER"]
    return Program("listener", command, [port], **options)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie is gone for all but its parent, which in a container may be nobody.
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended since, as the next look will tell; or there is no /proc
    return state.rpartition(")")[2].split()[0] == "Z"


def test_a_program_listens_when_it_is_there_and_is_gone_after_it():
    with listener() as program:
        socket.create_connection(("127.0.0.1", program.ports[0])).close()
        assert program.running
        assert program.log == f"here I am {program.pid}\n"
        folder = program.folder
    assert not program.running
    assert is_gone(program.pid)
    assert not folder.exists()
    program.stop()  # once more does no harm


def test_a_killed_program_starts_again_with_its_files_and_its_port():
    with listener() as program:
        first, port = program.pid, program.ports[0]
        program.kill()
        assert not program.running
        assert is_gone(first)
        program.start()
        assert program.pid != first
        program.start()  # it runs already
        socket.create_connection(("127.0.0.1", port)).close()
        assert (program.folder / "kept").read_text() == "xx"


@pytest.mark.skipif(os.name != "posix", reason="on Windows no program can be asked to end")
def test_a_program_that_is_asked_to_end_tidies_up_and_starts_again():
    with listener("polite") as program:
        first = program.pid
        program.terminate()
        assert not program.running
        assert is_gone(first)
        assert program.log.endswith("goodbye\n")
        program.terminate()  # once more does no harm
        program.start()
        socket.create_connection(("127.0.0.1", program.ports[0])).close()
        assert (program.folder / "kept").read_text() == "xx"


def test_its_files_are_there_when_it_starts():
    with listener(files={"configuration": "store: ü"}) as program:
        assert (program.folder / "configuration").read_text("utf-8") == "store: ü"


def test_it_has_the_variables_that_it_is_given(monkeypatch):
    monkeypatch.setenv("KEPT", "too")
    code = "import os; print(os.environ['PORT'], os.environ['KEPT']); raise SystemExit(3)"
    command = [sys.executable, "-c", code]
    with Program("reader", command, [], ready="\n", variables={"PORT": 8000}) as program:
        assert program.log == "8000 too\n"
        wait_until(lambda: not program.running)
        assert program.status == 3


def test_a_message_shows_as_many_lines_as_it_is_told():
    code = "print(*range(20), sep='\\n'); raise SystemExit(2)"
    with pytest.raises(RuntimeError) as failed:
        Program("talker", [sys.executable, "-c", code], free_ports(1), lines=3)
    assert str(failed.value).splitlines()[1:] == ["17", "18", "19"]


def test_what_ends_at_its_start_says_why():
    command = [sys.executable, "-c", "print('no such option'); raise SystemExit(2)"]
    with pytest.raises(RuntimeError, match="picky ended at its start:\nno such option"):
        Program("picky", command, free_ports(1))


def test_what_does_not_listen_in_time_is_ended(monkeypatch):
    made = []
    monkeypatch.setattr(
        Program, "stop", lambda self, stop=Program.stop: made.append(self) or stop(self)
    )
    command = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    with pytest.raises(TimeoutError, match="dreamer does not listen"):
        Program("dreamer", command, free_ports(1), patience=0.5)
    assert is_gone(made[0].pid)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL and no process groups")
class TestNothingIsLeftBehind:
    ASK = """
import os, signal, sys
sys.path.insert(0, {root!r})
from tests.programs.test_process import listener
program = listener({kind!r})
print(program.pid, program.folder, flush=True)
{then}
"""

    def child(self, then, kind="plain"):
        code = self.ASK.format(root=str(pathlib.Path(__file__).parents[2]), kind=kind, then=then)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30
        )
        pid, folder = done.stdout.split()
        return done, int(pid), pathlib.Path(folder)

    @pytest.mark.parametrize(
        "then",
        ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(3)", "raise SystemExit"],
        ids=["killed", "vanished", "ended"],
    )
    def test_a_program_goes_with_the_one_that_started_it(self, then):
        _, pid, folder = self.child(then)
        wait_until(lambda: is_gone(pid))
        wait_until(lambda: not folder.exists())

    def test_a_stubborn_one_goes_as_well(self, monkeypatch):
        _, pid, folder = self.child("os.kill(os.getpid(), signal.SIGKILL)", kind="stubborn")
        wait_until(lambda: is_gone(pid), seconds=15)
        wait_until(lambda: not folder.exists())

    @pytest.mark.parametrize("ending", ["stop", "kill", "terminate"])
    def test_the_children_of_a_program_go_with_it(self, ending):
        """A script of npm starts the server as its child, and so does a shell."""
        code = (
            "import subprocess, sys, threading\n"
            "wait = 'import threading; threading.Event().wait()'\n"
            "print(subprocess.Popen([sys.executable, '-c', wait]).pid, flush=True)\n"
            "threading.Event().wait()"
        )
        program = Program("parent", [sys.executable, "-c", code], [], ready="\n")
        child = int(program.log)
        getattr(program, ending)()
        wait_until(lambda: is_gone(child))
        program.stop()

    def test_an_interrupted_cell_does_not_reach_it(self):
        """Jupyter interrupts a cell by a signal to the kernel's whole process group."""
        with listener() as program:
            assert os.getpgid(program.pid) != os.getpgid(0)


def test_ports_are_distinct_free_and_below_those_of_outgoing_connections():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert set(ports) <= set(LOW_PORTS)
    with socket.create_server(("127.0.0.1", ports[0])):
        assert ports[0] not in free_ports(100)


def test_a_port_that_is_listened_on_is_not_found(monkeypatch):
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr("wsdemo.programs.process.LOW_PORTS", range(taken, taken + 1))
        with pytest.raises(OSError, match="no free ports"):
            free_ports(1)


def test_a_wheel_that_is_not_there_brings_no_program():
    assert find_in_wheel("no_such_package_here", "*") is None
    assert find_in_wheel("wsdemo", "no-such-file") is None
    assert find_in_wheel("wsdemo", "doctor.py").endswith("doctor.py")


def test_what_listens_before_it_serves_is_waited_for():
    [port] = free_ports(1)
    code = (
        "import socket, sys, threading, time\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "time.sleep(0.3)\n"
        "print('now I serve', flush=True)\n"
        "threading.Event().wait()"
    )
    command = [sys.executable, "-c", code, str(port)]
    with Program("slow", command, [port], ready="now I serve") as program:
        for times in (1, 2):
            assert program.log.count("now I serve") == times
            program.kill()
            program.start()


NASTY_FOLDERS = [
    "Ana Maria",
    r"C:\Users\ana\tom",
    'say "hi"',
    "it's",
    "ü #1; {$home} %20",
    "two\nlines",
]
NASTIEST = 'a\\tom "x" ü\n it\'s #1; {$home} %20'


@pytest.mark.skipif(os.name == "nt", reason="Windows has no folders of such names")
@pytest.mark.parametrize(
    "name",
    [
        # one with something of all of them at each change
        pytest.param(each, marks=[] if each == NASTIEST else pytest.mark.weekly)
        for each in [*NASTY_FOLDERS, NASTIEST]
    ],
)
def test_a_temporary_folder_may_have_any_name(name, tmp_path, monkeypatch):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for variable in ("NATS_URL", "MQTT_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    starts = [lambda kind=kind: brokers.broker(kind).program for kind in brokers.KINDS]
    starts += [lambda: balancer(["ws://127.0.0.1:9"]), lambda: serve_in_process("echo")]
    for start in starts:
        with start() as program:
            assert program.folder.parent == folder
            program.kill()
            program.start()
            made = {each.name for each in program.folder.iterdir()}
            stored = {"nats-server": "jetstream", "Valkey": "appendonlydir", "nginx": "nginx.pid"}
            assert stored.get(program.name, "log") in made
        assert list(folder.iterdir()) == []
