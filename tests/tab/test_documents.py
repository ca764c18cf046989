import asyncio
import re
import urllib.parse

import pytest

from wsdemo.tab import documents
from wsdemo.tab.documents import inlined, prologue

URL = "http://127.0.0.1:9/page.html?key=k"
OURS = prologue(URL)


def made(text, files=None):
    """The document made of a page, without what is put at its beginning."""

    async def load(url):
        return (files or {}).get(url.removeprefix("http://127.0.0.1:9/"), "")

    document = asyncio.run(inlined(URL, text, load))
    assert document.count(OURS) == 1
    return document.replace(OURS, "|")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("<p>", "|<p>"),
        ("<!doctype html><p>", "<!doctype html>|<p>"),
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<title>',
            '<!DOCTYPE html>\n<html lang="en">\n<head>|\n<title>',
        ),
        ('<link rel="stylesheet" href="a.css">', "|<style>p {}</style>"),
        ("<link href=a.css rel=stylesheet>", "|<style>p {}</style>"),
        ('<link rel="icon" href="data:,">', '|<link rel="icon" href="data:,">'),
        ("<script>run()</script>", "|<script>run()</script>"),
        ('<script src="a.js"></script>', "|<script>say('<\\/script>')</script>"),
        ("<script type=text/x>a</script>", "|<script type=text/x>a</script>"),
        (
            "<script>go(location.href)</script>",
            "|<script>with (wsdemoPage) {go(location.href)\n}</script>",
        ),
    ],
)
def test_what_a_page_links_to_is_put_into_it(text, document):
    assert made(text, {"a.css": "p {}", "a.js": "say('</script>')"}) == document


def test_modules_become_addresses_that_need_no_network():
    files = {
        "a.js": 'import { b } from "./b.js";\nimport "./c.js";\nrun(b);',
        "b.js": 'import {\n  c,\n} from "./c.js";\nexport const b = c;',
        "c.js": 'import "./b.js";\nexport const c = 1;',  # a circle
    }
    document = made('<script type="module" src="a.js"></script>', files)
    table = re.search(r'<script type="importmap">(.*?)</script>', document)[1]
    modules = dict(
        re.findall(r'"http://127.0.0.1:9/(\w.js)": "data:text/javascript[^,]*,(.*?)"', table)
    )
    assert sorted(modules) == ["b.js", "c.js"]
    texts = {name: urllib.parse.unquote(text) for name, text in modules.items()}
    assert 'from "http://127.0.0.1:9/c.js"' in texts["b.js"]
    assert 'import "http://127.0.0.1:9/b.js"' in texts["c.js"]
    assert 'import { b } from "http://127.0.0.1:9/b.js";' in document


def test_no_name_is_taken_twice_in_what_we_put_before_a_page():
    """The modules of web/ become one script: they share their names."""
    names = re.findall(
        r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)",
        "\n".join((documents.WEB / each).read_text("utf-8") for each in documents.SCRIPTS),
        re.MULTILINE,
    )
    assert sorted(names) == sorted(set(names))


def test_our_scripts_keep_neither_import_nor_export():
    code = OURS[OURS.index("<script") :]
    assert not re.search(r"^(import|export) ", code, re.MULTILINE)
    assert code.count("</script") == 1
