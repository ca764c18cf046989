"""Each byte of a recorded conversation: what it is, what it means, and which RFC says so."""

from wsdemo.wire.explain.conversation import explain
from wsdemo.wire.explain.explanation import Explanation
from wsdemo.wire.explain.spans import Bits, Span, Unit

__all__ = ["Bits", "Explanation", "Span", "Unit", "explain"]
