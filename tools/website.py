"""Build the course as a web site, from the saved notebooks: `python start.py site [FOLDER]`.

The pages show the outputs that are in the files; nothing is run for them, and nothing is fetched.
Beside them, in the folder ``run``, is the running edition, in which the lessons run in the reader's
browser: :mod:`tools.running_site` builds it, from npm and PyPI. The site asks no other server for
anything. Each link is followed, and one that leads nowhere is an error.
"""

import argparse
import html
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from tools import one_connection, running_fetch, running_site, website_serve
from tools.website_links import faults
from wsdemo.classroom.pages import twenty_questions

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_site"
QUESTIONS = "twenty_questions.html"

INDEX = """\
# Learn WebSockets in Python

{introduction}

{run_it}

<p class="run-here"><a href="{every_byte}">One WebSocket connection, every byte</a>: a real
conversation, from the handshake to the last Close frame. Each byte is there, with what it means and
the section of the RFC that says so.</p>

<p class="run-here"><a href="{questions}">Twenty questions</a>, before the course and after it: what
do you believe about WebSockets, and what has changed? Your answers stay in your browser.</p>

```{{toctree}}
:caption: Lessons
:maxdepth: 1

{lessons}
```

```{{toctree}}
:caption: To look up
:maxdepth: 1

errors
glossary
tables
TEACHING
```
"""


RUN_HERE = (
    "Each lesson can run in your browser, servers and all: follow its link **▶ Run this lesson "
    "here**. To run the lessons on your own computer, follow the two commands of the project's "
    "README."
)
RUN_AT_HOME = "To run the lessons, follow the two commands of the project's README."

RUN = "run/"
"""The folder of the running edition, seen from a lesson's page."""


def run_link(name: str) -> str:
    """Return what a lesson's page has below its title, in HTML.

    Args:
        name: the notebook's name, such as ``02_echo.ipynb``.
    """
    what = running_site.NEEDS.get(name[:2])
    if what is None:
        url = html.escape(RUN + running_site.address(name))
        return f'<p class="run-here"><a href="{url}">▶ Run this lesson here</a></p>'
    return (
        f'<p class="run-here">This lesson does not run in a browser: it needs {what}. '
        "Read it here with its saved outputs, or run it on your own computer.</p>"
    )


def add_run_link(source: str, name: str) -> str:
    """Return the first cell of a lesson with :func:`run_link` below its title."""
    title, _, rest = source.partition("\n")
    return f"{title}\n\n{run_link(name)}\n{rest}"


def anchor(heading: str) -> str:
    """The name of a heading's place, as JupyterLab makes it."""
    return heading.replace(" ", "-")


SETTINGS = {
    "project": "Learn WebSockets in Python",
    "author": "the wsdemo authors",
    "extensions": ["myst_nb"],
    "html_theme": "sphinx_book_theme",
    "html_title": "Learn WebSockets in Python",
    "html_theme_options": {"use_download_button": False, "show_toc_level": 2},
    "html_copy_source": False,
    "html_static_path": ["_static"],
    "html_css_files": ["course.css"],
    # Behind Sphinx's own scripts, and before it searches.
    "html_js_files": [("search.js", {"defer": "defer"})],
    "html_show_copyright": False,
    "nb_execution_mode": "off",
    "myst_heading_anchors": 3,
    "myst_heading_slug_func": anchor,
    # Formulae would ask for a script from elsewhere, and there are none.
    "mathjax_path": "there-are-none.js",
    "suppress_warnings": [
        "myst.header",
        "myst.xref_missing",  # it does not know the places in the glossary; faults() does
        "mystnb.unknown_mime_type",
        "misc.highlighting_failure",
        "config.cache",
    ],
    "nb_mime_priority_overrides": [
        ("html", "text/html", 0),
        ("html", "image/svg+xml", 10),
        ("html", "image/png", 20),
        ("html", "text/plain", 30),
    ],
}


# A link to what is no page of the site (a folder, a test) is its text alone.
LINK = re.compile(r"\[([^\]\[]+)\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)")


class SearchNumbers(SearchEnglish):
    """Have numbers in the search's index: 1006 and 401 are what people look for first."""

    def word_filter(self, word: str) -> bool:
        return word.isdigit() or super().word_filter(word)


TERM = re.compile(r"^\| (?!word |---)([^|]+) \|", re.MULTILINE)


def with_places(glossary: str) -> str:
    """Give each word of the glossary a place that links can lead to: ``#control-frame``."""

    def place(row: re.Match[str]) -> str:
        name = re.sub("[^a-z0-9]+", "-", row[1].lower()).strip("-")
        return f'| <span id="{name}"></span>{row[1]} |'

    return TERM.sub(place, glossary)


def gather(source: Path, runs: bool = False) -> None:
    """Put what becomes a page into one folder, with a first page that leads to it.

    Args:
        source: an empty folder.
        runs: whether the running edition is beside the pages.
    """
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    for path in [*lessons, *(ROOT / "notebooks").glob("*.md"), ROOT / "TEACHING.md"]:
        name = "tables.md" if path.name == "README.md" else path.name
        shutil.copy(path, source / name)
    if (ROOT / "notebooks/images").is_dir():
        shutil.copytree(ROOT / "notebooks/images", source / "images")
    (source / "_static").mkdir()
    shutil.copy(Path(__file__).with_name("website.css"), source / "_static" / "course.css")
    shutil.copy(Path(__file__).with_name("website_search.js"), source / "_static" / "search.js")
    (source / "javascript").mkdir()
    for path in (ROOT / "notebooks/javascript").glob("*.*js"):
        shutil.copy(path, source / "javascript" / path.name)
    teaching = source / "TEACHING.md"
    teaching.write_text(
        teaching.read_text(encoding="utf-8").replace("](notebooks/", "]("), encoding="utf-8"
    )

    glossary = source / "glossary.md"
    glossary.write_text(with_places(glossary.read_text(encoding="utf-8")), encoding="utf-8")

    def link_to_pages(text: str) -> str:
        return LINK.sub(lambda it: it[0] if (source / it[2]).is_file() else it[1], text)

    for page in source.glob("*.md"):
        page.write_text(link_to_pages(page.read_text(encoding="utf-8")), encoding="utf-8")
    for page in source.glob("*.ipynb"):
        notebook = nbformat.read(page, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = link_to_pages(cell.source)
        if runs:
            notebook.cells[0].source = add_run_link(notebook.cells[0].source, page.name)
        nbformat.write(notebook, page)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    introduction = readme.partition("\n\n")[2].partition("\n\n")[0]
    text = INDEX.format(
        introduction=introduction,
        run_it=RUN_HERE if runs else RUN_AT_HOME,
        every_byte=one_connection.PAGE,
        questions=QUESTIONS,
        lessons="\n".join(path.stem for path in lessons),
    )
    (source / "index.md").write_text(text, encoding="utf-8")


def build(target: Path, runs: bool = False) -> int:
    """Build the pages.

    Args:
        target: the folder for the pages; what is in it is replaced.
        runs: whether the running edition is put beside them.

    Returns:
        0, or 1 if something is wrong with the pages.
    """
    with tempfile.TemporaryDirectory() as folder:
        # MyST-NB leaves the notebooks, in a folder of its own, beside the pages.
        source, pages, work = Path(folder, "source"), Path(folder, "pages"), Path(folder, "work")
        source.mkdir()
        gather(source, runs)
        app = Sphinx(
            source,
            None,
            pages,
            work,
            "html",
            confoverrides=SETTINGS,
            status=None,
            warning=sys.stderr,
            warningiserror=False,
        )
        app.add_search_language(SearchNumbers)
        app.build()
        page = one_connection.make_page()
        (pages / one_connection.PAGE).write_text(page, encoding="utf-8", newline="\n")
        (pages / QUESTIONS).write_text(twenty_questions(), encoding="utf-8", newline="\n")
        if target.exists():
            shutil.rmtree(target)
        shutil.move(pages, target)
        return int(app.statuscode or app._warncount > 0)


def build_running(target: Path, plots_from_cdn: bool) -> bool:
    """Build the running edition, or print in one line why it is not there.

    Args:
        target: the folder for it.
        plots_from_cdn: as for :func:`tools.running_site.build`.

    Returns:
        Whether it is there.
    """
    print("Building the edition that runs in a browser.", flush=True)
    try:
        running_site.build(target, plots_from_cdn)
    except running_fetch.Missing as missing:
        print(f"The lessons do not run on this site: {missing}", file=sys.stderr)
        return False
    return True


def build_all(target: Path, run: bool, plots_from_cdn: bool) -> int:
    """Build the pages, and the running edition beside them; look at both.

    Args:
        target: the folder for the site; what is in it is replaced.
        run: whether to build the running edition.
        plots_from_cdn: as for :func:`tools.running_site.build`.

    Returns:
        The exit status. Where CI is set, a running edition that could not be built is a failure.
    """
    with tempfile.TemporaryDirectory() as folder:
        running = Path(folder, "run")
        runs = run and build_running(running, plots_from_cdn)
        if run:
            print("Building the pages, half a minute.", flush=True)
        status = build(target, runs)
        if runs:
            shutil.move(str(running), str(target / "run"))
    for fault in (found := faults(target)):
        print(fault, file=sys.stderr)
    return status or int(bool(found)) or int(run and not runs and bool(os.environ.get("CI")))


def main(arguments: list[str]) -> int:
    """Build the site, look at it, and show it where that is asked for."""
    parser = argparse.ArgumentParser("python start.py site", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SITE, help="_site unless given")
    parser.add_argument(
        "--serve",
        nargs="?",
        type=int,
        const=website_serve.PORT,
        metavar="PORT",
        help=f"show the site at 127.0.0.1, port {website_serve.PORT} unless given; "
        "build it first if it is not there",
    )
    parser.add_argument(
        "--no-run", action="store_true", help="only the pages to read: needs no npm and no network"
    )
    parser.add_argument(
        "--plots-from-cdn",
        action="store_true",
        help="for a public site: let the browser fetch matplotlib from Pyodide's own site",
    )
    options = parser.parse_args(arguments)
    target = options.folder.resolve()
    ours = (target / "_static").is_dir()  # perhaps of a build that was cut short
    if target.exists() and not ours and any(target.iterdir()):
        print(f"{target} is not empty, and no site: nothing was done.", file=sys.stderr)
        return 1
    if options.serve is None or not (target / "index.html").is_file():
        if status := build_all(target, not options.no_run, options.plots_from_cdn):
            return status
        if options.serve is None:
            print(f"Open {target / 'index.html'} in a browser.")
            if (target / "run").is_dir():
                print("To run the lessons in it: python start.py site --serve")
            return 0
    return website_serve.serve(target, options.serve)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
