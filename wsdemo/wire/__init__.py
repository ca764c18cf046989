"""The wire between clients and a server: every byte seen, the connection broken on demand."""

from wsdemo.wire.core import Wire, WireFrame

__all__ = ["Wire", "WireFrame"]
