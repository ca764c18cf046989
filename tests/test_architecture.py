"""The house stays as it was drawn: one folder a noun, small modules, data that flows one way."""

import ast
import graphlib
import importlib
import inspect
import pathlib
import sys

import pytest

import wsdemo

PACKAGE = pathlib.Path(wsdemo.__file__).parent
TESTS = pathlib.Path(__file__).parent
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
        file.read_text("utf-8")
    )
    for file in sorted(PACKAGE.rglob("*.py"))
}

MAY_IMPORT = {
    # what each folder, and each module beside the folders, may import of wsdemo
    "text": set(),
    "options": set(),
    "files": set(),
    "proxies": set(),
    "cell": set(),
    "logs": set(),
    "running": set(),
    "interrupts": {"cell"},
    "loop": {"files"},
    "frames": {"text"},
    "wire": {"embedding", "frames", "interrupts", "loop", "options", "proxies", "running", "text"},
    "draw": {"cell", "frames", "text", "wire"},
    "server": {"cell", "frames", "interrupts", "loop", "options", "proxies", "running"},
    "embedding": set(),
    "browser": {"cell", "embedding", "server", "wire"},
    "jupyter": set(),
    "reconnect": set(),
    "bus": set(),
    "programs": {"options", "proxies", "running"},
    "frameworks": {"loop", "programs", "proxies", "running"},
    "apps": {"bus", "course", "options", "server"},
    "pytest_cell": set(),
    "pytest_plugin": {"server", "wire"},
    "scenes": {"draw", "frames", "loop", "reconnect", "running", "server", "wire"},
    "judge": {"draw", "frames", "loop", "programs", "text", "wire"},
    "scratch": {"course", "frames", "judge", "programs"},
    "checks": {
        "classroom",
        "course",
        "frames",
        "frameworks",
        "judge",
        "loop",
        "programs",
        "proxies",
        "scenes",
        "scratch",
        "server",
        "wire",
    },
    "classroom": {"apps", "course", "embedding", "loop", "reconnect", "server"},
    "course": {"text"},
    "lab": {"course"},
    "tab": {"apps", "cell", "embedding", "loop"},
    "doctor": {"course", "files", "programs", "proxies"},
    "__main__": {"apps", "checks", "classroom", "course", "doctor", "judge", "lab", "wire"},
    # lazily, and for type checkers
    "__init__": {
        "apps",
        "browser",
        "bus",
        "checks",
        "classroom",
        "draw",
        "embedding",
        "frames",
        "programs",
        "reconnect",
        "running",
        "server",
        "tab",
        "wire",
    },
}

FOUNDATIONS = ("options", "text", "frames", "loop", "wire", "draw")
"""What teaches the protocol itself needs nothing but Python."""


def imports(module, everywhere=True):
    """The full names of what a module imports; of its own level alone, or in functions, too."""
    for node in ast.walk(module) if everywhere else module.body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            if node.module == "wsdemo" or f"{node.module}.".removeprefix("wsdemo.")[:-1] in MODULES:
                yield from (f"{node.module}.{each.name}" for each in node.names)
            yield node.module


def room(name):
    """The folder of a module; its own name for one beside the folders."""
    return name.partition(".")[0]


def ours(name):
    """Which other rooms of wsdemo a module imports from."""
    found = (each.split(".") for each in imports(MODULES[name]))
    rooms = {parts[1] for parts in found if parts[0] == "wsdemo" and len(parts) > 1}
    return (rooms & MAY_IMPORT.keys()) - {room(name)}


def foreign(module, **options):
    return {name.partition(".")[0] for name in imports(module, **options)} - {"wsdemo"}


@pytest.mark.parametrize("name", MODULES)
def test_data_flows_one_way(name):
    assert room(name) in MAY_IMPORT, "say in MAY_IMPORT what the new folder or module may import"
    assert ours(name) <= MAY_IMPORT[room(name)], "MAY_IMPORT says what this folder may import"


def test_there_is_no_circle_of_folders():
    graphlib.TopologicalSorter(MAY_IMPORT).prepare()


def test_there_is_no_circle_of_modules():
    """A folder's ``__init__`` imports its modules, and they import each other, not the folder."""
    graph = {}
    for name, module in MODULES.items():
        wanted = {each.removeprefix("wsdemo.") for each in imports(module, everywhere=False)}
        graph[name] = (wanted & MODULES.keys()) - {name}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", MODULES)
def test_the_foundations_need_the_standard_library_alone(name):
    if room(name) in FOUNDATIONS:
        assert foreign(MODULES[name]) - {"matplotlib"} <= sys.stdlib_module_names


def test_matplotlib_is_imported_by_draw_alone_and_only_when_called():
    for name, module in MODULES.items():
        if name != "draw":
            assert "matplotlib" not in foreign(module), name
    assert "matplotlib" not in foreign(MODULES["draw"], everywhere=False)


def test_nobody_patches_asyncio():
    assert not [name for name, module in MODULES.items() if "nest_asyncio" in foreign(module)]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_a_module_can_be_read_in_one_sitting(file):
    assert len(file.read_text("utf-8").splitlines()) <= 350, "split it: one job a module"


@pytest.mark.parametrize(
    "file", sorted(TESTS.rglob("*.py")), ids=lambda file: file.relative_to(TESTS).as_posix()
)
def test_a_file_of_tests_has_one_subject(file):
    advice = "split it by subject; what the parts share goes into a kit.py or conftest.py there"
    assert len(file.read_text("utf-8").splitlines()) <= 400, advice


@pytest.mark.parametrize("name", wsdemo.__all__)
def test_public_names_are_there_and_explained(name):
    assert inspect.getdoc(getattr(wsdemo, name))
    assert name in dir(wsdemo)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'sever'"):
        wsdemo.sever  # noqa: B018


NEEDS_A_BROWSER = ("tab.threads", "tab.browser_loop", "tab.bridge", "tab.way_out")
"""They import what only a browser has."""

OFFERING = [
    name
    for name in MODULES
    if room(name) not in ("__init__", "__main__", "jupyter", "apps", "checks")
    and name != "programs.watchdog"  # a program of its own
    and name not in NEEDS_A_BROWSER
]


@pytest.mark.parametrize("name", OFFERING)
def test_what_a_module_offers_is_there_and_explained(name):
    module = importlib.import_module(f"wsdemo.{name}")
    assert module.__doc__
    for each in module.__all__:
        offered = getattr(module, each)
        if inspect.isclass(offered) or inspect.isfunction(offered):
            assert inspect.getdoc(offered), each
            for method, value in vars(offered).items() if inspect.isclass(offered) else ():
                if not method.startswith("_") and callable(value):
                    assert inspect.getdoc(getattr(offered, method)), f"{each}.{method}"
