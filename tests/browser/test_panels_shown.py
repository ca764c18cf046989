"""What the notebook shows of a panel, without a browser."""

import re

import pytest

from tests.browser.page_server_kit import URL
from wsdemo.browser.page_server import WEB
from wsdemo.browser.panels import Browser, Row, javascript


def markup(shown):
    return shown._repr_mimebundle_()["text/html"]


def sanitised(html):
    html = re.sub(r'data-port="\d*"', 'data-port="0"', html)
    return re.sub(r'data-token="[^"]*"', 'data-token=""', html)


def test_the_html_differs_between_runs_only_in_port_and_token():
    first = markup(Browser(URL, "ana"))
    second = markup(Browser("ws://127.0.0.1:2", "ana"))
    assert first != second
    assert sanitised(first) == sanitised(second)
    assert "127.0.0.1:" not in re.sub(r"<script>.*", "", first, flags=re.DOTALL)
    assert len(first) < 3000


def test_the_html_has_a_text_for_those_who_cannot_see_the_page():
    html = re.sub(r"<script>.*", "", markup(javascript("", name='"<b>')), flags=re.DOTALL)
    assert "opens here when you run this cell in JupyterLab" in html
    assert "Trust Notebook" in html
    assert "“&quot;&lt;b&gt;”" in html
    assert 'data-name="&quot;&lt;b&gt;"' in html


def test_the_plain_text_has_no_port():
    ana, bob = Browser(URL, "ana"), Browser(URL, "bob")
    assert ana._repr_mimebundle_()["text/plain"] == "<Browser 'ana'>"
    assert (ana | bob)._repr_mimebundle_()["text/plain"] == "<Browser 'ana'> | <Browser 'bob'>"
    assert repr(javascript("", name="probe")) == "<JavaScript 'probe'>"


def test_panels_stand_side_by_side_with_one_script():
    ana, bob, eve = (Browser(URL, name) for name in ("ana", "bob", "eve"))
    for row in (ana | bob | eve, ana | (bob | eve), (ana | bob) | Row([eve])):
        assert re.findall('data-name="(.*?)"', markup(row)) == ["ana", "bob", "eve"]
        assert markup(row).count("<script>") == 1
    with pytest.raises(TypeError):
        ana | "bob"


def test_a_page_loads_nothing_from_outside():
    for file in WEB.iterdir():
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"\b\w+://[\w.]+", text)) <= {"http://127.0.0.1"}, file.name
        for source in re.findall(r'(?:src=|href=|from )"([^:"]+)"', text):
            assert (WEB / source).is_file(), source
