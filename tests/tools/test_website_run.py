"""The lessons' links to the running edition, the command's options, and the server."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request

import nbformat
import pytest

from tests.lessons.kit import LESSONS, ROOT
from tools import running_fetch, running_site, website, website_links, website_serve


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_says_at_the_top_where_it_runs(path):
    html = website.run_link(path.name)
    if path.name[:2] in ("09", "15", "16", "17", "18", "19", "21"):
        assert "does not run in a browser: it needs" in html
        assert "saved outputs" in html
        assert "href" not in html
    else:
        url = f"run/lab/index.html?workspace={path.stem}&amp;path={path.name}"
        assert f'href="{url}"' in html
        assert "▶ Run this lesson here" in html


def first_cells(folder, runs):
    folder.mkdir()
    website.gather(folder, runs)
    index = (folder / "index.md").read_text(encoding="utf-8")
    return index, [nbformat.read(folder / path.name, 4).cells[0].source for path in LESSONS]


def test_the_link_is_below_the_title_and_only_where_there_is_a_running_edition(tmp_path):
    index, cells = first_cells(tmp_path / "with", True)
    for cell in cells:
        title, empty, link = cell.split("\n")[:3]
        assert title.startswith("# ")
        assert empty == ""
        assert link.startswith('<p class="run-here">')
    assert "▶ Run this lesson here" in index
    index, cells = first_cells(tmp_path / "without", False)
    assert not any("run-here" in cell for cell in cells)
    assert "▶" not in index


def test_a_link_to_a_lesson_that_the_running_edition_does_not_have_is_a_fault(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<a href="run/lab/index.html?workspace=02_echo&amp;path=02_echo.ipynb">', encoding="utf-8"
    )
    [fault] = website_links.faults(tmp_path)
    assert "is not there" in fault
    (tmp_path / "run/lab").mkdir(parents=True)
    (tmp_path / "run/lab/index.html").touch()
    (tmp_path / "run/files").mkdir()
    [fault] = website_links.faults(tmp_path)
    assert "the running edition has no 02_echo.ipynb" in fault
    (tmp_path / "run/files/02_echo.ipynb").touch()
    assert website_links.faults(tmp_path) == []


@pytest.fixture
def builds(monkeypatch):
    """Record what would be built; `missing` is why the running edition cannot be."""

    class Builds(list):
        missing = ""

        def run(self, target, plots_from_cdn):
            self.append(("run", plots_from_cdn))
            if self.missing:
                raise running_fetch.Missing(self.missing)
            (target / "lab").mkdir(parents=True)

        def pages(self, target, runs):
            self.append(("pages", runs))
            (target / "_static").mkdir(parents=True, exist_ok=True)
            (target / "index.html").touch()
            return 0

    found = Builds()
    monkeypatch.setattr(running_site, "build", found.run)
    monkeypatch.setattr(website, "build", found.pages)
    monkeypatch.delenv("CI", raising=False)
    return found


def test_the_running_edition_is_beside_the_pages(tmp_path, builds, capsys):
    target = tmp_path / "site"
    assert website.main([str(target)]) == 0
    assert builds == [("run", False), ("pages", True)]
    assert (target / "run" / "lab").is_dir()
    out = capsys.readouterr().out
    assert f"Open {target.resolve() / 'index.html'} in a browser." in out
    assert "python start.py site --serve" in out


def test_options(tmp_path, builds):
    assert website.main(["--plots-from-cdn", str(tmp_path / "public")]) == 0
    assert website.main(["--no-run", str(tmp_path / "pages")]) == 0
    assert builds == [("run", True), ("pages", True), ("pages", False)]


def test_what_is_missing_is_one_line_and_the_pages_are_built(tmp_path, builds, capsys, monkeypatch):
    builds.missing = "npm is missing. Install it."
    assert website.main([str(tmp_path / "site")]) == 0
    assert builds == [("run", False), ("pages", False)]
    err = capsys.readouterr().err
    assert err == "The lessons do not run on this site: npm is missing. Install it.\n"
    monkeypatch.setenv("CI", "true")
    assert website.main([str(tmp_path / "site")]) == 1


def test_serve_builds_only_what_is_not_there(tmp_path, builds, monkeypatch):
    shown = []
    monkeypatch.setattr(website_serve, "serve", lambda *each: shown.append(each) or 0)
    target = tmp_path / "site"
    assert website.main([str(target), "--serve"]) == 0
    assert website.main([str(target), "--serve", "8123"]) == 0
    assert builds == [("run", False), ("pages", True)]
    assert shown == [(target.resolve(), website_serve.PORT), (target.resolve(), 8123)]


@pytest.fixture
def url(tmp_path):
    for name in ("page.html", "code.mjs", "code.js", "code.wasm", "style.css", "data.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with website_serve.start(tmp_path, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.html", "text/html"),
        ("code.mjs", "text/javascript"),
        ("code.js", "text/javascript"),
        ("code.wasm", "application/wasm"),
        ("style.css", "text/css"),
        ("data.json", "application/json"),
    ],
)
def test_a_file_has_the_type_that_browsers_insist_on(url, name, kind):
    with urllib.request.urlopen(url + name, timeout=10) as answer:
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.read() == b"{}"


def test_a_port_that_is_taken_is_a_sentence(tmp_path, capsys):
    with website_serve.start(tmp_path, 0) as server:
        port = server.server_port
        assert website_serve.serve(tmp_path, port) == 1
    assert re.fullmatch(
        rf"port {port}: .+\. Choose another one: --serve {port + 1}\n", capsys.readouterr().err
    )
    assert website_serve.serve(tmp_path, 70_000) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has another Ctrl+C")
def test_ctrl_c_ends_it_cleanly(tmp_path):
    (tmp_path / "run").mkdir()
    code = "import sys, pathlib, tools.website_serve as it; sys.exit(it.serve(pathlib.Path(%r), 0))"
    with subprocess.Popen(
        [sys.executable, "-c", code % str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert "http://127.0.0.1:" in process.stdout.readline()
            assert "Ctrl+C" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=20)[0].strip() == "Stopped."
            assert process.returncode == 0
        finally:
            process.kill()
