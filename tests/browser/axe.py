"""axe-core in a tab: what it finds in a page, light and dark, on a desktop and on a phone."""

import os

import pytest

from tests.interop.programs import FOLDER

AXE = FOLDER / "node_modules/axe-core/axe.min.js"
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
STRUCTURE = [
    "aria-allowed-role",
    "landmark-one-main",
    "listitem",
    "page-has-heading-one",
    "region",
]
"""Of axe's best practices, those about the structure of a page."""

VIOLATIONS = """
async ([tags, more]) => {
  const { violations } = await axe.run({
    runOnly: { type: "tag", values: tags },
    rules: Object.fromEntries(more.map((rule) => [rule, { enabled: true }])),
    resultTypes: ["violations"],
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}
"""
# axe does not look at placeholders; contrast as WCAG 2.1 defines it, success criterion 1.4.3.
FAINT = """
() => {
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((value) => value / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + [0.2126, 0.7152, 0.0722][index] * part, 0.05);
  return Array.from(document.querySelectorAll("[placeholder]")).filter((field) => {
    const text = light(getComputedStyle(field, "::placeholder").color);
    const page = light(getComputedStyle(field).backgroundColor);
    return Math.max(text, page) / Math.min(text, page) < 4.5;
  }).map(({ id }) => `the contrast of a placeholder: #${id}`);
}
"""


def require_axe():
    """Skip on a laptop without axe-core, and fail where CI is set."""
    if not AXE.is_file():
        missing = "npm's axe-core is not installed: run `python start.py test`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


def violations(page, document, paint, widths=WIDTHS, structure=STRUCTURE):
    """List what axe finds in a document of a page, in each colour scheme and width.

    Args:
        page: the tab.
        document: a frame of the tab, or its main one.
        paint: gives the page a colour scheme, ``"light"`` or ``"dark"``.
        widths: of the window, in pixels.
        structure: rules beyond those of WCAG 2.1.
    """
    document.add_script_tag(path=AXE)
    found = []
    for scheme in SCHEMES:
        paint(scheme)
        document.wait_for_function(
            "scheme => matchMedia(`(prefers-color-scheme: ${scheme})`).matches", arg=scheme
        )
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            seen = document.evaluate(VIOLATIONS, [WCAG, structure]) + document.evaluate(FAINT)
            found += [f"{scheme}, {width} px: {each}" for each in seen]
    return found
