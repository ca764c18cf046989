"""Tests that drive a real Chromium; a package, so that its browser ends with the folder."""
