"""A warm kernel is a kernel like any other: it runs cells, is interrupted, and ends."""

import os
import time

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tools.warm_kernels import warm_kernels

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
PATIENCE = 20


@pytest.fixture(scope="module")
def specs():
    with warm_kernels() as folder:
        yield KernelSpecManager(kernel_dirs=[str(folder / "kernels")])


@pytest.fixture
def kernel(specs, tmp_path, monkeypatch):
    """A client of a warm kernel that was started in an empty folder."""
    monkeypatch.setenv("WSDEMO_TEST", "from the stand-in")
    manager = KernelManager(kernel_spec_manager=specs, transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(PATIENCE)
    yield client, manager
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code):
    """Run code in the kernel: its status, and what it printed."""
    printed = []

    def note(message):
        printed.append(message["content"].get("text", ""))

    reply = client.execute_interactive(code, output_hook=note, timeout=PATIENCE)
    return reply["content"]["status"], "".join(printed)


def test_it_is_warm_and_has_the_folder_and_environment_of_its_own(kernel, tmp_path):
    client, _ = kernel
    code = "import os, sys; print('matplotlib.pyplot' in sys.modules, 'wsdemo' in sys.modules)"
    assert run(client, code) == ("ok", "True False\n")
    code = "print(os.getcwd(), os.environ['WSDEMO_TEST'])"
    assert run(client, code) == ("ok", f"{tmp_path} from the stand-in\n")
    assert run(client, "import subprocess; print(subprocess.run('true').returncode)") == (
        "ok",
        "0\n",
    )


def test_it_draws_where_everybodys_kernel_does(kernel):
    client, _ = kernel
    code = "import matplotlib; matplotlib.pyplot.figure(); print(matplotlib.get_backend())"
    status, printed = run(client, code)
    assert status == "ok"
    assert "inline" in printed


def test_an_interrupt_reaches_it(kernel):
    client, manager = kernel
    asked = client.execute("import time; print('begun', flush=True); time.sleep(60)")
    while client.get_iopub_msg(timeout=PATIENCE)["content"].get("text") != "begun\n":
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=PATIENCE)
    while reply["parent_header"]["msg_id"] != asked:
        reply = client.get_shell_msg(timeout=PATIENCE)
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_it_ends_with_its_stand_in(kernel):
    client, manager = kernel
    _, pid = run(client, "import os; print(os.getpid())")
    manager.shutdown_kernel(now=True)
    end = time.monotonic() + PATIENCE
    while is_there(int(pid)):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
