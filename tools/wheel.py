"""Put the lessons into the wheel: hatchling runs this when it builds one.

An editable installation has them already, in the folder notebooks beside the package.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Lessons(BuildHookInterface):  # type: ignore[type-arg]
    """The build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files that hatchling would not find by itself.

        Args:
            version: ``"standard"``, or ``"editable"``.
            build_data: what hatchling is to do.
        """
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from wsdemo.course.places import files

        lessons = Path(self.root, "notebooks")
        for name in files(lessons):
            build_data["force_include"][str(lessons / name)] = f"wsdemo/course/lessons/{name}"
