"""Build the course as a web site, from the saved notebooks: `python start.py site [FOLDER]`.

Nothing is run and nothing is fetched: the outputs are those in the files, and the pages ask for no
other server. Each link is followed, and one that leads nowhere is an error.
"""

import argparse
import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_site"

# Panels and drawings are made for light and dark; the theme would put a light box behind each and
# dim it.
STYLE = """\
html[data-theme="dark"] .bd-content div.cell_output .text_html:not(:has(table.dataframe)),
html[data-theme="dark"] .bd-content div.cell_output img {
  background: none;
  color: inherit;
  filter: none;
  padding: 0;
}

/* A line of code has up to 100 characters; none is cut where the window has 1280 pixels. */
.bd-main .bd-content .bd-article-container {
  max-width: none;
}
@media (min-width: 1200px) {
  .bd-sidebar-primary {
    flex: 0 0 13rem;
  }
  .bd-sidebar-secondary {
    flex: 0 0 12rem;
    min-width: 0;
    width: 12rem;
  }
}
.bd-article pre {
  font-size: 12.5px;
}

/* The button is named "Search"; a name and a visible text that differ confuse voice control. */
button.search-button__button span.search-button__kbd-shortcut {
  display: none;
}
"""

INDEX = """\
# Learn WebSockets in Python

{introduction}

To run the cells, and break the line yourself, follow the two commands of the project's README.

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


def gather(source: Path) -> None:
    """Put what becomes a page into one folder, with a first page that leads to it.

    Args:
        source: an empty folder.
    """
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    for path in [*lessons, *(ROOT / "notebooks").glob("*.md"), ROOT / "TEACHING.md"]:
        name = "tables.md" if path.name == "README.md" else path.name
        shutil.copy(path, source / name)
    if (ROOT / "notebooks/images").is_dir():
        shutil.copytree(ROOT / "notebooks/images", source / "images")
    (source / "_static").mkdir()
    (source / "_static" / "course.css").write_text(STYLE, encoding="utf-8")
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
        nbformat.write(notebook, page)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    introduction = readme.partition("\n\n")[2].partition("\n\n")[0]
    text = INDEX.format(introduction=introduction, lessons="\n".join(path.stem for path in lessons))
    (source / "index.md").write_text(text, encoding="utf-8")


def build(target: Path) -> int:
    """Build the site.

    Args:
        target: the folder for the pages; what is in it is replaced.

    Returns:
        0, or 1 if something is wrong with the pages.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder, "source"), Path(folder, "work")
        source.mkdir()
        gather(source)
        if target.exists():
            shutil.rmtree(target)
        app = Sphinx(
            source,
            None,
            target,
            work,
            "html",
            confoverrides=SETTINGS,
            status=None,
            warning=sys.stderr,
            warningiserror=False,
        )
        app.add_search_language(SearchNumbers)
        app.build()
        return int(app.statuscode or app._warncount > 0)


class Links(HTMLParser):
    """What a page leads to, what it loads by itself, and where one can jump to in it.

    Attributes:
        links: addresses of other pages and places.
        loads: addresses of what the page needs: pictures, scripts, styles.
        places: the ids in it.
    """

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag names."""
        values = {name: value or "" for name, value in attrs}
        if values.get("id"):
            self.places.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag == "link" and "stylesheet" in values.get("rel", ""):
            self.loads.append(values["href"])
        elif tag in ("img", "script", "iframe") and values.get("src"):
            self.loads.append(values["src"])


def faults(site: Path) -> list[str]:
    """Follow each link of each page.

    Args:
        site: the folder of the pages.

    Returns:
        What is wrong, as lines to print: links that lead nowhere, things from other servers.
    """
    pages = {page.resolve(): Links(page) for page in sorted(site.glob("*.html"))}
    found = []
    for page, its in pages.items():
        for address in its.loads:
            parts = urlsplit(address)
            if parts.netloc or parts.scheme not in ("", "data"):
                found.append(f"{page.name} loads {address}")
        for address in [*its.links, *its.loads]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            goal = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not goal.exists():
                found.append(f"{page.name}: {address} is not there")
            elif goal in pages and unquote(parts.fragment) not in {"", *pages[goal].places}:
                found.append(f"{page.name}: {address}: no such place")
    return found


def main(arguments: list[str]) -> int:
    """Build the site, and look at it."""
    parser = argparse.ArgumentParser("python start.py site", description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SITE, help="_site unless given")
    target = parser.parse_args(arguments).folder.resolve()
    ours = (target / "_static").is_dir()  # perhaps of a build that was cut short
    if target.exists() and not ours and any(target.iterdir()):
        print(f"{target} is not empty, and no site: nothing was done.", file=sys.stderr)
        return 1
    status = build(target)
    for fault in (found := faults(target)):
        print(fault, file=sys.stderr)
    if status == 0 and not found:
        print(f"Open {target / 'index.html'} in a browser.")
    return status or bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
