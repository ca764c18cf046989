"""Servers: one beside the notebook, limits for those that strangers can reach, one to many."""

from wsdemo.server.core import Server, serve
from wsdemo.server.fanout import Fanout
from wsdemo.server.limits import Limits, rate_limited, serve_limited

__all__ = ["Fanout", "Limits", "Server", "rate_limited", "serve", "serve_limited"]
