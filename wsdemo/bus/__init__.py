"""One room on several servers: a broker stores each message, and every server reads them all."""

from wsdemo.bus.core import Bus, BusDown, open_bus

__all__ = ["Bus", "BusDown", "open_bus"]
