"""What the tests of the browser edition's panels share."""

import wsdemo


def show(page, panel):
    """Show a panel, and wait until it rests."""
    page.evaluate("html => show(html)", panel._repr_mimebundle_()["text/html"])
    assert panel.wait_until_settled(20), panel.events


def console(page, code, url=None, name="js"):
    """Run a program in a panel; return the lines of its console."""
    panel = wsdemo.javascript(code, url=url, name=name)
    show(page, panel)
    panel.expect("done", 20)
    return panel.console
