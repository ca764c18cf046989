"""Follow the links of a built site, and look at what its pages load."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


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
            elif goal.name == "index.html" and (name := parse_qs(parts.query).get("path")):
                if not (goal.parent.parent / "files" / name[0]).is_file():
                    found.append(f"{page.name}: {address}: the running edition has no {name[0]}")
            elif goal in pages and unquote(parts.fragment) not in {"", *pages[goal].places}:
                found.append(f"{page.name}: {address}: no such place")
    return found
