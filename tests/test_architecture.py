"""The house stays as it was drawn: small modules, and data that flows one way."""

import ast
import importlib
import inspect
import pathlib
import sys

import pytest

import wsdemo

PACKAGE = pathlib.Path(wsdemo.__file__).parent
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): ast.parse(file.read_text("utf-8"))
    for file in sorted(PACKAGE.rglob("*.py"))
}

MAY_IMPORT = {
    # what each module may import of wsdemo
    "__init__": set(),
    "options": set(),
    "text": set(),
    "frames": {"text"},
    "deflate": {"frames"},
    "files": set(),
    "loop": {"files"},
    "lan": set(),
    "link": set(),
    "relay": {"link"},
    "tape": {"deflate", "frames", "link"},
    "bodies": {"frames", "tape", "text"},
    "transcript": {"bodies", "frames", "link", "tape", "text"},
    "wire": {
        "frames",
        "interrupts",
        "link",
        "cell",
        "files",
        "loop",
        "options",
        "proxies",
        "relay",
        "tape",
        "transcript",
    },
    "draw": {"cell", "frames", "text", "wire"},
    "pages": set(),
    "cell": set(),
    "proxies": set(),
    "interrupts": {"cell"},
    "handler_errors": set(),
    "server": {
        "cell",
        "handler_errors",
        "interrupts",
        "lan",
        "loop",
        "options",
        "pages",
        "proxies",
    },
    "origins": set(),
    "refusals": {"origins"},
    "ports": {"origins"},
    "console": {"loop", "origins", "ports", "server"},
    "gate": {"options", "origins", "refusals", "server", "throttle"},
    "throttle": set(),
    "fanout": {"frames"},
    "guard": set(),
    "programs": {"proxies"},
    "brokers": {"programs"},
    "balancers": {"options", "programs"},
    "history": set(),
    "bus": {"history"},
    "redis_bus": {"bus"},
    "jetstream_bus": {"bus"},
    "endings": set(),
    "resume": set(),
    "client": {"endings", "resume"},
    "pace": {"cell", "console"},
    "browser": {"console", "pace"},
    "jupyter": set(),
    "doctor": {"balancers", "brokers", "files", "proxies", "server"},
    "__main__": {"apps", "doctor"},
}

FOUNDATIONS = [
    "options",
    "text",
    "frames",
    "deflate",
    "loop",
    "link",
    "relay",
    "tape",
    "bodies",
    "transcript",
]
FOUNDATIONS += ["wire", "draw"]


def imports(module, everywhere=True):
    """The full names of what a module imports; of its own level alone, or in functions, too."""
    for node in ast.walk(module) if everywhere else module.body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            if node.module == "wsdemo":
                yield from (f"wsdemo.{each.name}" for each in node.names)
            else:
                yield node.module


def ours(module):
    """Which modules of wsdemo a module imports."""
    parts = (name.split(".") for name in imports(module))
    return {part[1] for part in parts if part[0] == "wsdemo" and len(part) > 1}


def foreign(module, **options):
    return {name.partition(".")[0] for name in imports(module, **options)} - {"wsdemo"}


@pytest.mark.parametrize("name", [name for name in MODULES if "." not in name])
def test_data_flows_one_way(name):
    assert name in MAY_IMPORT, "say here what the new module may import"
    assert ours(MODULES[name]) <= MAY_IMPORT[name]


def test_there_is_no_circle():
    """Each module stands on those that were there before it."""
    built = set()
    while rest := MAY_IMPORT.keys() - built - {"__main__"}:
        ready = {name for name in rest if MAY_IMPORT[name] <= built}
        assert ready, f"a circle among {sorted(rest)}"
        built |= ready


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("apps.")])
def test_apps_use_servers_and_no_other_app(name):
    assert ours(MODULES[name]) <= {"apps", "bus", "fanout", "gate", "options", "server"}


def test_nobody_uses_apps_and_checks_but_the_command():
    for name, module in MODULES.items():
        if not name.startswith(("__main__", "apps", "checks")):
            assert not ours(module) & {"apps", "checks"}, name


def test_checks_stand_on_what_learners_use():
    for name, module in MODULES.items():
        if name.startswith("checks."):
            assert ours(module) <= {
                "brokers",
                "checks",
                "frames",
                "handler_errors",
                "loop",
                "proxies",
                "server",
                "wire",
            }, name


@pytest.mark.parametrize("name", FOUNDATIONS)
def test_the_foundations_need_the_standard_library_alone(name):
    assert foreign(MODULES[name]) - {"matplotlib"} <= sys.stdlib_module_names


def test_matplotlib_is_imported_by_draw_alone_and_only_when_called():
    for name, module in MODULES.items():
        if name != "draw":
            assert "matplotlib" not in foreign(module), name
    assert "matplotlib" not in foreign(MODULES["draw"], everywhere=False)


def test_nobody_patches_asyncio():
    assert not [name for name, module in MODULES.items() if "nest_asyncio" in foreign(module)]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_can_be_read_in_one_sitting(name):
    file = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
    assert len(file.read_text("utf-8").splitlines()) <= 350


@pytest.mark.parametrize("name", wsdemo.__all__)
def test_public_names_are_there_and_explained(name):
    assert inspect.getdoc(getattr(wsdemo, name))
    assert name in dir(wsdemo)


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'sever'"):
        wsdemo.sever  # noqa: B018


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name in MAY_IMPORT and name not in ("__init__", "jupyter")]
)
def test_what_a_module_offers_is_there_and_explained(name):
    module = importlib.import_module(f"wsdemo.{name}".removesuffix(".__init__"))
    assert module.__doc__
    for each in module.__all__:
        offered = getattr(module, each)
        if inspect.isclass(offered) or inspect.isfunction(offered):
            assert inspect.getdoc(offered), each
            for method, value in vars(offered).items() if inspect.isclass(offered) else ():
                if not method.startswith("_") and callable(value):
                    assert inspect.getdoc(getattr(offered, method)), f"{each}.{method}"
