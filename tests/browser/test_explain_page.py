"""The page of ``wire.explain().save()``: pointer, keyboard, screen reader, light, dark, a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import require_axe, violations
from tests.wire.explain_kit import MASK, after_handshake, evil
from tools import one_connection
from wsdemo.frames import Frame, Opcode
from wsdemo.wire.explain import Explanation, explain

pytestmark = pytest.mark.browser


@pytest.fixture
def show(window, tmp_path):
    """Open the page of a conversation from disk."""

    def show(pieces, context=window):
        path = tmp_path / "talk.html"
        Explanation(explain(pieces)).save(path)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda message: page.faults.append(message.text))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("dialog", lambda dialog: page.faults.append(dialog.message))
        page.on("request", lambda request: page.faults.append(request.url))
        page.emulate_media(reduced_motion="reduce")  # nothing moves while a test points at it
        page.goto(path.as_uri())
        assert page.faults == [path.as_uri()], "it loads nothing but itself"
        page.faults.clear()
        return page

    return show


@pytest.fixture
def open_window(chromium):
    """A window in which axe may run, though the page allows no script but its own."""
    context = chromium.new_context(bypass_csp=True)
    yield context
    context.close()


HELLO = after_handshake(("to server", bytes(Frame(Opcode.TEXT, b"Hello", mask=MASK))))


def field(page, name):
    return page.locator("main li", has=page.locator(f".about b:text-is({name!r})")).locator(
        ".bytes"
    )


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


@pytest.mark.weekly
@pytest.mark.parametrize("pieces", [one_connection.load(), evil()], ids=["a talk", "evil"])
def test_it_has_no_violation_and_fits_on_a_phone(show, open_window, pieces):
    require_axe()
    page = show(pieces, open_window)
    page.locator(".bytes").nth(5).click()
    expect(page.locator("#inspector")).to_be_visible()
    sideways = []

    def paint(scheme):
        page.emulate_media(color_scheme=scheme)
        sideways.append(page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    assert violations(page, page.main_frame, paint) == []
    page.set_viewport_size({"width": 390, "height": 800})
    paint("light")
    assert max(sideways) <= 0
    assert page.faults == []


@pytest.mark.weekly
def test_its_tables_in_a_notebook_have_no_violation(open_window):
    require_axe()
    page = open_window.new_page()
    tables = Explanation(explain(HELLO))._repr_mimebundle_()["text/html"]
    style = "<style>:root { color-scheme: light dark } body { background: Canvas }</style>"
    page.set_content(f"<!doctype html><html lang=en><title>notebook</title>{style}<main>{tables}")

    def paint(scheme):
        page.emulate_media(color_scheme=scheme)

    assert violations(page, page.main_frame, paint, structure=()) == []


def test_the_pointer_looks_into_a_byte(show):
    page = show(HELLO)
    field(page, "payload").locator("i").nth(1).hover()
    bar = page.locator("#inspector")
    expect(bar.locator("tr")).to_have_text(
        ["on the wire9f1591001 1111", "masking keyfa2501111 1010", "XOR of both651010110 0101e"]
    )
    expect(bar.locator("p")).to_contain_text("byte 164 from the client")
    expect(bar.locator("p")).to_contain_text("payload: 'Hello'")
    expect(page.locator("nav a.here")).to_have_text("the client sends: TEXT 'Hello'")
    expect(page.locator("#live")).to_be_empty()  # a screen reader has the pointer's words already


def test_below_masked_bytes_is_the_text(show):
    below = field(show(HELLO), "payload").locator("i")
    assert below.evaluate_all("all => all.map((each) => each.textContent)") == [
        "7f", "9f", "4d", "51", "58",
    ]  # fmt: skip
    assert below.evaluate_all("all => all.map((each) => each.dataset.c).join('')") == "Hello"


@pytest.mark.parametrize(
    ("payload", "below"),
    [
        ("ü☺ \n".encode(), "ü·☺··␣\\n"),
        (b"\xff\0A", "··A"),
        ("\u202ea\ufeff".encode(), "···a···"),
    ],
)
def test_what_is_written_below_bytes(show, payload, below):
    page = show(after_handshake(("to client", bytes(Frame(Opcode.BINARY, payload)))))
    cells = field(page, "payload").locator("i")
    assert cells.evaluate_all("all => all.map((each) => each.dataset.c).join('')") == below


def test_the_keyboard_goes_everywhere(show):
    page = show(HELLO)
    links = page.locator("nav a").count()
    for _ in range(links + 1):
        page.keyboard.press("Tab")
    assert focused(page) == "bytes 0 to 3: method, GET"
    outline = "getComputedStyle(document.activeElement).outlineWidth"
    assert page.evaluate(outline) == "3px"
    for key, expected in [
        ("ArrowDown", "bytes 4 to 9: target, /chat"),
        ("ArrowUp", "bytes 0 to 3: method, GET"),
        ("PageDown", "bytes 0 to 8: version, HTTP/1.1"),
        ("PageDown", "byte 157: FIN, RSV1–3, opcode, TEXT, last frame"),
        ("PageUp", "bytes 0 to 8: version, HTTP/1.1"),
        ("End", "bytes 163 to 167: payload, 'Hello'"),
        ("ArrowDown", "bytes 163 to 167: payload, 'Hello'"),
    ]:
        page.keyboard.press(key)
        assert focused(page) == expected
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator("i.on")).to_have_text("9f")
    expect(page.locator("#live")).to_have_text(
        "byte 2 of 5: on the wire 9f 159 1001 1111, masking key fa 250 1111 1010, "
        "XOR of both 65 101 0110 0101 e"
    )
    page.keyboard.press("ArrowLeft")
    expect(page.locator("i.on")).to_have_text("7f")
    page.keyboard.press("Home")
    assert focused(page) == "bytes 0 to 3: method, GET"
    assert page.locator('.bytes[tabindex="0"]').count() == 1, "Tab need not pass through them all"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "bytes 4 to 9: target, /chat", "Tab comes back to where it was"


def test_a_screen_reader_gets_name_value_and_meaning(show):
    page = show(HELLO)
    group = page.get_by_role("group", name="bytes 159 to 162: masking key, 37 fa 21 3d")
    expect(group).to_have_accessible_description(
        "Four random bytes, new for each frame. XOR each byte of the payload with the next one of "
        "them, in turn, to read it. RFC 6455 §5.3"
    )
    expect(page.get_by_role("region", name="client → server TEXT 'Hello'")).to_have_count(1)


def test_it_can_be_read_without_scripts(chromium, tmp_path):
    Explanation(explain(HELLO)).save(tmp_path / "talk.html")
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto((tmp_path / "talk.html").as_uri())
        expect(field(page, "payload")).to_have_text("7f 9f 4d 51 58")
    finally:
        context.close()
