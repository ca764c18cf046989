"""A client that comes back, and asks for what it has missed."""

from wsdemo.reconnect.client import ReconnectingClient
from wsdemo.reconnect.endings import ENDINGS, FATAL_CODES
from wsdemo.reconnect.herd import thundering_herd
from wsdemo.reconnect.page import Page
from wsdemo.reconnect.resume import Resume

__all__ = ["ENDINGS", "FATAL_CODES", "Page", "ReconnectingClient", "Resume", "thundering_herd"]
