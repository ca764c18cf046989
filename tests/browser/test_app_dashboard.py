"""The dashboard's page in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from wsdemo.apps import dashboard

pytestmark = pytest.mark.browser

CHART = """
() => {
  const last = (id) => document.getElementById(id).getAttribute("points").split(" ").at(-1);
  const number = (id) => Number(document.getElementById(id).textContent);
  return {
    first: document.getElementById("temperature-line").getAttribute("points").split(",")[0],
    temperature: [number("temp"), ...last("temperature-line").split(",").map(Number)],
    humidity: [number("humidity"), ...last("humidity-line").split(",").map(Number)],
  };
}
"""


def test_a_chart_has_scales_that_fit_its_curves_and_is_full_at_once(tab):
    with dashboard.serve(rate=20) as server:
        page = tab(server)
        expect(page.locator("#temperature-axis span")).to_have_text(["80 °F", "75 °F", "70 °F"])
        expect(page.locator("#humidity-axis span")).to_have_text(["70 %", "60 %", "50 %"])
        page.locator("#temperature-line[points*=' ']").wait_for(state="attached")
        seen = page.evaluate(CHART)
        assert seen["first"] == "0"
        shown, x, y = seen["temperature"]
        assert (x, round(80 - y / 10, 1)) == (100, shown)
        shown, x, y = seen["humidity"]
        assert (x, round(70 - y / 5, 1)) == (100, shown)
        expect(page.locator("#first")).to_have_text(re.compile(r"^[1-9]\d* s ago$"))
        # Each mark of a scale is as high as what it stands for, by less than a line of text.
        chart = page.locator("#chart svg").bounding_box()
        for axis in ("#temperature-axis", "#humidity-axis"):
            for place, mark in enumerate(page.locator(f"{axis} span").all()):
                box = mark.bounding_box()
                middle = box["y"] + box["height"] / 2
                assert abs(middle - chart["y"] - place * chart["height"] / 2) < box["height"]
