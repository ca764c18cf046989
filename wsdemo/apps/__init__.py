"""The finished servers, one module each: ``wsdemo serve APP`` runs them.

Each module has ``handler``, the server's coroutine; ``PAGE``, the file of its page; and ``serve``,
which starts it the way a careful engineer would.
"""

APPS = ("echo",)
"""The names of the servers."""
