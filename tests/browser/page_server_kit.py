"""What the tests of browser share."""

URL = "ws://127.0.0.1:1"
