"""The reader's own browser as a client: live panels below the cells."""

from wsdemo.browser.panels import Browser, JavaScript, javascript

__all__ = ["Browser", "JavaScript", "javascript"]
