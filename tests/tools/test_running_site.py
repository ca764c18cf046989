"""The running edition's build, without a network: its lock, its page, its wheel."""

import hashlib
import importlib.resources
import json
import zipfile

import pytest

from tools import running_fetch, running_page, running_site
from wsdemo.course.places import files, lessons

ADDRESS = "://"


def make_wheel(folder, name, version="1.0"):
    """Make a wheel with one module."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace("-", "_")
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.py", "")
        archive.writestr(f"{stem}-{version}.dist-info/METADATA", "")
    return path


def test_leaves_out_extensions_that_jupyterlab_has():
    package = importlib.resources.files("jupyterlab") / "staging" / "package.json"
    known = json.loads(package.read_text(encoding="utf-8"))["jupyterlab"]
    left_out = running_site.settings()["jupyter-config-data"]["disabledExtensions"]
    assert left_out
    assert set(left_out) <= {*known["extensions"], *known["mimeExtensions"]}


THEIRS = {
    "micropip": ["packaging"],
    "packaging": [],
    "ipython": ["traitlets", "six"],
    "traitlets": [],
    "six": [],
    "jedi": ["six"],
    "Matplotlib": ["numpy", "six", "packaging"],
    "numpy": [],
    "pandas": ["numpy"],
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Give a site before Pyodide is in it, and wheels in place of npm and PyPI."""
    core = tmp_path / "core"
    core.mkdir()
    for name in running_site.CORE:
        (core / name).write_text(name)
    packages = {
        name: {"depends": depends, "version": "2.0", "file_name": f"{name}.whl", "sha256": "0"}
        for name, depends in THEIRS.items()
    }
    document = {"info": {"python": "3.14.2"}, "packages": packages}
    (core / "pyodide-lock.json").write_text(json.dumps(document))
    wheels = tmp_path / "wheels"
    monkeypatch.setattr(running_site, "fetch_pyodide", lambda: core)
    monkeypatch.setattr(running_site, "fetch_wheel", lambda *each: make_wheel(wheels, *each))
    monkeypatch.setattr(running_site, "build_wheel", lambda: make_wheel(wheels, "wsdemo"))
    site = tmp_path / "site"
    for name in running_site.KERNEL:
        make_wheel(site / "extensions/@jupyterlite/pyodide-kernel-extension/static/pypi", name)
    return site


def read_lock(site):
    document = json.loads((site / "static/pyodide/pyodide-lock.json").read_text("utf-8"))
    assert document["info"] == {"python": "3.14.2"}
    return document["packages"]


def test_the_lock_names_what_is_beside_it_and_nothing_else(site):
    running_site.make_pyodide(site)
    lock = read_lock(site)
    of_pyodide = {"micropip", "packaging", "ipython", "traitlets", "six", "jedi"}
    own = {*running_site.KERNEL, *running_site.OF_COURSE, "wsdemo"}
    assert lock.keys() == of_pyodide | own
    for entry in lock.values():
        wheel = site / "static/pyodide" / entry["file_name"]
        assert entry["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
        assert entry["depends"] == sorted(entry["depends"])
        assert set(entry["depends"]) <= lock.keys()
    assert lock["ipython"]["imports"] == ["ipython"]
    assert lock["ipython"]["depends"] == ["six", "traitlets"]
    assert lock["ipython"]["version"] == "2.0"
    assert lock["websockets"]["version"] == running_fetch.locked("websockets")
    assert ADDRESS not in json.dumps(lock)


def test_plots_come_from_pyodides_own_site_where_that_is_asked_for(site):
    running_site.make_pyodide(site, plots_from_cdn=True)
    lock = read_lock(site)
    elsewhere = {name for name, entry in lock.items() if ADDRESS in entry["file_name"]}
    assert elsewhere == {"matplotlib", "numpy"}
    version = running_fetch.PYODIDE
    address = f"https://cdn.jsdelivr.net/pyodide/v{version}/full/Matplotlib.whl"
    assert lock["matplotlib"]["file_name"] == address
    assert lock["matplotlib"]["sha256"] == "0"


def packages_at_start(settings):
    plugins = settings["jupyter-config-data"]["litePluginSettings"]
    return plugins[running_site.KERNEL_EXTENSION]["loadPyodideOptions"]["packages"]


def test_the_settings_have_no_foreign_address():
    assert ADDRESS not in json.dumps([running_site.settings(), running_page.overrides()])
    assert "matplotlib" not in packages_at_start(running_site.settings())
    assert "matplotlib" in packages_at_start(running_site.settings(plots_from_cdn=True))
    assert "matplotlib" not in packages_at_start(running_site.settings()), "it was a copy"


def test_the_wheel_has_answers_names_and_pictures_but_no_lessons(tmp_path, monkeypatch):
    monkeypatch.setattr(running_site, "CACHE", tmp_path)
    wheel = running_site.build_wheel()
    with zipfile.ZipFile(wheel) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
    assert sizes["wsdemo/course/lessons/solutions/02_echo.py"]
    assert any(name.startswith("wsdemo/tab/pictures/") for name in sizes)
    for name in files(lessons()):
        if name.endswith(".ipynb"):
            assert sizes[f"wsdemo/course/lessons/{name}"] == 0
    # A browser keeps what it has under a name.
    assert running_site.build_wheel().name == wheel.name, "the same content has the same name"


PAGE = """<!DOCTYPE html>
<html>
<head>
    <title>JupyterLite</title>
    <script id="jupyter-config-data" type="application/json"></script>
  </head>
  <body class="jp-ThemedContainer" data-notebook="lab">
    <noscript>JupyterLite requires JavaScript</noscript>
  </body></html>
"""


def test_the_page_has_the_bar_and_loads_its_script_first():
    page = running_page.add_bar(PAGE, "1234")
    assert page.index("wsdemo.js?1234") < page.index("jupyter-config-data")
    assert page.count("<noscript>") == 1
    assert page.index("JavaScript is off") > page.index("<body")
    assert '<html lang="en">' in page
    assert ADDRESS not in page.replace("http://127.0.0.1:8000/", "")


def test_a_page_that_jupyterlite_has_changed_is_noticed():
    with pytest.raises(ValueError, match="has 0 times"):
        running_page.add_bar(PAGE.replace("<title>", "<title >"), "1234")


def test_without_npm_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(running_fetch, "CACHE", tmp_path)
    monkeypatch.setattr(running_site.running_compile, "require_node", lambda: "node")
    monkeypatch.setattr(running_fetch.shutil, "which", lambda name: None)
    with pytest.raises(running_fetch.Missing, match=r"npm is missing.*Install Node\.js"):
        running_site.build(tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_without_a_network_it_says_so(monkeypatch):
    with pytest.raises(running_fetch.Missing, match=r"pip could not fetch x 1\. Connect and run"):
        running_fetch.run(
            [running_fetch.sys.executable, "-c", "exit(1)"], missing="pip could not fetch x 1"
        )
    with pytest.raises(SystemExit, match="line 9"):
        running_fetch.run([running_fetch.sys.executable, "-c", "print('line 9'); exit(1)"])


def test_a_package_must_be_in_the_lock():
    with pytest.raises(SystemExit, match=r"requirements\.lock has no nothing-of-this-name"):
        running_fetch.locked("nothing-of-this-name")


def test_cells_that_may_fail_do_not_stop_the_next(tmp_path):
    (tmp_path / "build").mkdir()
    script = tmp_path / "build" / "1.js"
    with pytest.raises(ValueError, match="0 of JupyterLite's scripts"):
        running_page.let_cells_fail(tmp_path)
    script.write_text(f"x&&{running_page.DROPS}drop())")
    (tmp_path / "build" / "2.js").write_text("y")
    running_page.let_cells_fail(tmp_path)
    changed = script.read_text().replace("!window.wsdemoMayFail(e)&&", "")
    assert changed == f"x&&{running_page.DROPS}drop())" != script.read_text()


@pytest.mark.parametrize("number", ["10", "14"])
def test_a_lesson_imports_wsdemo_before_what_no_tab_has(number):
    [path] = (running_site.ROOT / "notebooks").glob(f"{number}_*.ipynb")
    [imports] = [each for each in running_site.for_a_tab(path).cells if each.id == "imports"]
    assert imports.source.startswith("import wsdemo  # first")
