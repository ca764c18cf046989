"""A pytest plugin: jsonschema, which nbformat imports, goes without one of its grammars.

jsonschema can do without it, and it builds that grammar at each import, in more than a second. A
test run imports it in each of its workers.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # an import of it fails
