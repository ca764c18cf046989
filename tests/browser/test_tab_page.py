"""The running edition as a learner meets it: its first screen, Run All at once, and their work."""

import functools
import json
import re
import shutil
import zipfile

import pytest

from tests.browser import lab
from tests.browser.axe import require_axe, violations
from tests.browser.conftest import BASE
from tests.browser.running_site import (
    ANSWERS,
    NO_PYTHON,
    SHOWN,
    Tab,
    find,
    served,
    try_cells,
)
from tests.browser.tab_run_all import press_run_all
from tests.waiting import wait_until
from tools import running_site as builder
from tools.running_fetch import CDN, fetch_pyodide
from tools.running_site import address
from wsdemo.checks import progress
from wsdemo.classroom.pages import pages
from wsdemo.classroom.server import ClassServer
from wsdemo.classroom.storage import Storage
from wsdemo.course import update
from wsdemo.tab.plots import REMARK

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

READY = "() => document.getElementById('wsdemo-state').textContent === 'Python is ready.'"
PATIENCE_MS = 120_000


def open_lesson(window, url, number):
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    tab = Tab(page, url, find(number).name)
    tab.open()
    return tab


@pytest.fixture
def lesson(window, running_url):
    """Open a lesson of the running edition."""
    return functools.partial(open_lesson, window, running_url)


@pytest.fixture(scope="module")
def tab_of_02(chromium, running_site):
    """A tab with lesson 02, for tests that need no new one: its Python takes ten seconds."""
    with lab.window(chromium) as window, served(running_site) as url:
        yield open_lesson(window, f"{url}{BASE}/run/", "02")


# One moment at each change, two more each week, and all of them by a command: see
# tests/browser/tab_run_all.py. Lesson 02 has cells that cannot run in a tab, and those after them
# must.
def test_run_all_gives_what_is_saved_though_it_is_pressed_at_once(tab_of_02):
    assert press_run_all(tab_of_02, 0) == []
    assert tab_of_02.faults == []


@pytest.mark.weekly
@pytest.mark.parametrize(("number", "seconds"), [("01", 0), ("02", 2)])
def test_run_all_gives_what_is_saved_whenever_it_is_pressed(lesson, number, seconds):
    tab = lesson(number)
    assert press_run_all(tab, seconds) == []
    assert tab.faults == []


NEVER_SAVES = """
const later = setTimeout;
window.setTimeout = (call, ms, ...rest) => ms === 500 ? 0 : later(call, ms, ...rest);
"""


def test_a_lesson_opens_before_it_is_noted_which_one_is_open(window, running_url):
    page = window.new_page()
    page.add_init_script(NEVER_SAVES)  # JupyterLab's note, that is, half a second after a change
    Tab(page, running_url, find("01").name).open()


STAYS_HIDDEN = """
const looking = setInterval(() => {
  if (!window.jupyterapp) return;
  clearInterval(looking);
  jupyterapp.shell.show = () => {};
  jupyterapp.started.then(() => jupyterapp.shell.hide());
}, 1);
"""
SHOW = """() => {
  delete jupyterapp.shell.show;
  jupyterapp.shell.show();
}"""
IS_OPEN = """() => [...(window.jupyterapp?.shell?.widgets("main") ?? [])].some(
  ({context}) => context?.isReady)"""


def test_a_lesson_gets_the_focus_that_opens_while_the_page_is_hidden(window, running_url):
    """As it is for a moment, when the theme has come."""
    page = window.new_page()
    page.add_init_script(STAYS_HIDDEN)
    tab = Tab(page, running_url, find("01").name)
    page.goto(tab.site + address(tab.name))
    page.wait_for_function(IS_OPEN)
    assert not page.evaluate(SHOWN)
    page.evaluate(SHOW)
    page.wait_for_function(SHOWN)


@pytest.mark.weekly
def test_a_key_that_runs_a_cell_waits_for_python(lesson):
    page = lesson("02").page
    page.evaluate("() => jupyterapp.shell.currentWidget.content.activate()")
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCellIndex") == 0
    page.keyboard.press("Shift+Enter")  # a text
    page.wait_for_function("() => jupyterapp.shell.currentWidget.content.activeCellIndex === 1")
    page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
    page.keyboard.press("Shift+Enter")  # the imports
    page.get_by_role("status").get_by_text("Your cells run when it is ready").wait_for()
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.content.widgets[2].model.executionCount === 1"
    )
    page.wait_for_function(READY)


HOW_IT_STARTED = """
import asyncio, inspect, sys, IPython, websockets.asyncio.client as client, wsdemo
for module in asyncio, IPython, client, wsdemo:
    assert module.__spec__.cached.endswith(".pyc"), module
files = [getattr(each, "__file__", None) or "" for each in list(sys.modules.values())]
assert sum(each.endswith(".pyc") for each in files) > 600, "the others are frozen, or have sources"
for each in asyncio.sleep, client.connect, wsdemo.serve:
    assert inspect.getsource(each)
print("from compiled modules, and what a learner reads is there")
"""


SAVE = """async () => {
  const {shell, serviceManager} = jupyterapp;
  const {context} = shell.currentWidget;
  await context.save();
  await new Promise((done) => setTimeout(done, 1000));
  await serviceManager.contents.save(context.path, {
    type: "notebook", format: "json", content: context.model.toJSON(),
  });
  context.model.dirty = true;
  const late = new Promise((done) => setTimeout(done, 3000, "it asks"));
  return Promise.race([context.save().then(() => "saved"), late]);
}"""


def test_what_python_starts_with(tab_of_02):
    tab_of_02.wait_for_kernel()
    assert tab_of_02.execute(HOW_IT_STARTED).startswith("from compiled")


CLASS_JOIN = """
import wsdemo
from wsdemo.classroom import NotJoined
try:
    print(wsdemo.join("{place}", "{code}", "Ana"))
except NotJoined as error:
    print(f"NotJoined: {{error}}")
"""
BY_HTTPS = """
from js import eval
from wsdemo.tab import way_out
class Mixed:  # what a page that came over https has: WHATWG WebSockets §3.1
    new = staticmethod(lambda url: eval("throw new DOMException('insecure', 'SecurityError')"))
way_out.WebSocket = Mixed
"""


def test_a_verdict_reaches_the_class_and_a_way_that_is_closed_says_why(tab_of_02, tmp_path):
    tab_of_02.wait_for_kernel()
    running = ClassServer(Storage.open(tmp_path / "class.json"), pages(), host="127.0.0.1", port=0)
    place = running.place

    def join(code=running.storage.code):
        return tab_of_02.execute(CLASS_JOIN.format(place=place, code=code))

    try:
        assert "not the code of this class" in join("AAAA-AAAA")
        assert "Ana has joined the class at 127.0.0.1" in join()
        tab_of_02.execute('wsdemo.check("00.2", 3)')
        [ana] = running.storage.classroom.roster.learners.values()
        wait_until(lambda: (ana.name, ana.verdicts) == ("Ana", {"00.2": False}))
    finally:
        running.stop()
    assert re.search(r"does not reach .*same Wi-Fi", join())
    tab_of_02.execute(BY_HTTPS)
    assert re.search(r"over https.*mixed content.*in another tab and vote", join())
    tab_of_02.execute("wsdemo.leave()")
    assert tab_of_02.faults == []


def test_a_save_does_not_ask_whether_to_revert(tab_of_02):
    """Though JupyterLite's copy is a second newer."""
    tab_of_02.wait_for_kernel()
    assert tab_of_02.page.evaluate(SAVE) == "saved"


IS_IN_WORKSPACE = """(name) => jupyterapp.serviceManager.workspaces.list().then(
  ({values}) => values.some(({data}) => Object.keys(data).some((key) => key.includes(name))))"""


def test_a_lesson_opens_alone_whatever_was_open_before(tab_of_02):
    """Else each lesson that is opened by its link starts the Pythons of all before it."""
    tab = tab_of_02
    tab.page.wait_for_function(IS_IN_WORKSPACE, arg=tab.name)
    tab.name = find("06").name
    tab.open()
    titles = "() => [...jupyterapp.shell.widgets('main')].map(({title}) => title.label)"
    assert tab.page.evaluate(titles) == [tab.name]
    if not tab.page.workers:
        tab.page.wait_for_event("worker", timeout=20_000)
    assert len(tab.page.workers) == 1
    # At once: JupyterLite has not noted yet which lesson is open.
    tab.page.reload()
    tab.page.wait_for_function(SHOWN)
    assert tab.page.evaluate(titles) == [tab.name]


def test_python_ends_with_its_lesson(tab_of_02):
    """It is the last one of that tab."""
    tab_of_02.wait_for_kernel()
    assert not tab_of_02.page.evaluate(NO_PYTHON)
    tab_of_02.leave()


@pytest.mark.weekly
def test_the_first_screen_says_what_is_simulated(lesson):
    require_axe()
    page = lesson("03").page
    about = page.locator("#wsdemo-about")
    assert "one thread" in about.inner_text()
    assert "memory in this tab" in about.inner_text()

    def paint(scheme):
        page.emulate_media(color_scheme=scheme)
        light = str(scheme == "light").lower()
        page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light", arg=light, polling=100
        )
        page.wait_for_timeout(300)  # the stylesheet of the theme

    seen = violations(page, page.main_frame, paint, widths=(1280, 390), structure=())
    assert [each for each in seen if "#wsdemo" in each] == []
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("button", name="Close", exact=True).press("Escape")
    assert not about.is_visible()
    page.keyboard.press("Enter")  # the button that shows it again has the focus
    assert about.is_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    page.reload()
    page.wait_for_function(SHOWN)
    assert not about.is_visible()


def test_a_browser_that_cannot_run_it_says_so(chromium, running_url):
    url = running_url + address(find("02").name)
    with chromium.new_context() as context:
        context.add_init_script("delete WebAssembly.Suspending")
        page = context.new_page()
        page.goto(url)
        unable = page.get_by_role("dialog", name="This browser cannot run the lessons")
        unable.wait_for()
        assert "python start.py" in unable.inner_text()
        unable.get_by_role("button").click()
        assert not unable.is_visible()
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(url)
        assert "JavaScript is off" in page.inner_text("body")
        assert "Firefox (153 or newer)" in page.inner_text("body")


def test_a_page_from_a_folder_says_that_it_needs_a_server(window, running_site):
    [page_file] = running_site.rglob("lab/index.html")
    page = window.new_page()
    page.goto(page_file.as_uri())
    dialog = page.get_by_role("dialog", name="This page needs a web server")
    dialog.wait_for()
    assert "python -m http.server" in dialog.inner_text()


def test_what_it_is_told_to_load_is_beside_it(running_site):
    for name in ("jupyter-lite.json", "overrides.json", "pyodide-lock.json"):
        files = list(running_site.rglob(name))
        assert files, name
        for path in files:
            assert "://" not in path.read_text(encoding="utf-8"), path


def want_plots_from_cdn(site):
    """Change a running edition into one whose matplotlib is on Pyodide's own site."""
    lock, settings = site / "static/pyodide/pyodide-lock.json", site / "jupyter-lite.json"
    document = json.loads(lock.read_text(encoding="utf-8"))
    builder.add_from_cdn(document["packages"], builder.read_lock(fetch_pyodide())[1])
    lock.write_text(json.dumps(document), encoding="utf-8")
    document = json.loads(settings.read_text(encoding="utf-8"))
    kernel = document["jupyter-config-data"]["litePluginSettings"][builder.KERNEL_EXTENSION]
    kernel["loadPyodideOptions"]["packages"] += builder.FROM_CDN
    settings.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.weekly  # tests/tab/test_plots.py has what is shown then
def test_where_pyodides_own_site_is_out_of_reach_the_saved_picture_stays(
    window, running_site, tmp_path
):
    [built] = running_site.rglob("run")
    site = shutil.copytree(built, tmp_path / "run")
    want_plots_from_cdn(site)
    window.route(f"{CDN}**", lambda route: route.abort())  # also where there is a network
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    with served(site) as url:
        tab = Tab(page, url, find("02").name)
        tab.open()
        shown = next(
            str(result["outputs"]) for cell, _, result in try_cells(tab) if cell["id"] == "one-loop"
        )
    assert REMARK in shown
    assert "data:image/png;base64" in shown
    left = [each for each in tab.faults if each.startswith("a request left the site: ")]
    assert any("matplotlib" in each for each in left)
    assert [each for each in tab.faults if CDN not in each] == []


EDIT = """(text) => {
  const {widgets} = jupyterapp.shell.currentWidget.content;
  const cell = widgets.find(({model}) => model.sharedModel.source.includes('check("00.2"'));
  cell.model.sharedModel.setSource(text);
  jupyterapp.shell.currentWidget.content.activeCellIndex = widgets.indexOf(cell);
  return jupyterapp.commands.execute("notebook:run-cell");
}"""
ANSWER = '# mine\nimport wsdemo\n\nline = 4\nwsdemo.check("00.2", line)'
SOURCES = """() => jupyterapp.shell.currentWidget.content.widgets.map(
  ({model}) => model.sharedModel.source)"""
OUTPUT = """() => JSON.stringify(
  jupyterapp.shell.currentWidget.content.activeCell.model.outputs.toJSON())"""
PROGRESS = "import wsdemo; print(wsdemo.progress())"


def test_work_survives_a_reload_and_continues_on_a_computer(lesson, tmp_path):
    tab = lesson("00")
    page = tab.page
    page.get_by_role("button", name="Save my work").click()
    page.get_by_role("status").get_by_text("nothing to save yet").wait_for()
    page.evaluate(EDIT, ANSWER)
    assert "✓ 00.2" in page.evaluate(OUTPUT)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.wait_for_function(SHOWN)
    page.evaluate(ANSWERS)
    assert ANSWER in page.evaluate(SOURCES)
    shown = tab.execute(PROGRESS)
    assert re.search(r"^00 start here +· ✓$", shown, re.MULTILINE)
    assert re.search(r"^16 scale out ", shown, re.MULTILINE), "all lessons are listed"

    with page.expect_download() as download:
        page.get_by_role("button", name="Save my work").click()
    assert download.value.suggested_filename == "wsdemo-work.zip"
    copy = tmp_path / "course"
    update(copy)
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["00_start_here.ipynb", "progress.json"]
        archive.extractall(copy)
    assert not update(copy), "there is nothing to merge"
    notebook = json.loads((copy / "00_start_here.ipynb").read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert ANSWER in ["".join(cell["source"]) for cell in notebook["cells"]]
    assert progress(copy).solved == {"00.2"}
