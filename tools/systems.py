"""The systems and Pythons that wheels are fetched for, and which wheels run there."""

from dataclasses import dataclass

from packaging import tags

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class System:
    """What a wheel's name and a requirement's marker say of a kind of machine.

    Attributes:
        platforms: the platforms whose wheels run there, the oldest first: what runs on an old
            system runs on a new one, too.
        sys_platform: Python's `sys.platform`.
        machine: Python's `platform.machine()`.
    """

    platforms: tuple[str, ...]
    sys_platform: str
    machine: str

    def environment(self, version: str) -> dict[str, str]:
        """Return what markers ask for.

        Args:
            version: Python's, with all three numbers.
        """
        kernels = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}
        return {
            "sys_platform": self.sys_platform,
            "platform_machine": self.machine,
            "platform_system": kernels[self.sys_platform],
            "os_name": "nt" if self.sys_platform == "win32" else "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "python_version": version.rpartition(".")[0],
            "python_full_version": version,
            "extra": "",
        }

    def tags(self, python: str) -> set[tags.Tag]:
        """Return the tags of all wheels that this Python can install there."""
        version, interpreter = tuple(map(int, python.split("."))), "cp" + python.replace(".", "")
        found = set(tags.cpython_tags(version, [interpreter], self.platforms))
        return found | set(tags.compatible_tags(version, interpreter, self.platforms))


def linux(machine: str) -> System:
    """Return a Linux with glibc 2.28, such as Debian 10, or newer."""
    names = [f"manylinux{name}_{machine}" for name in ("1", "2010", "2014")]
    names += [f"manylinux_2_{minor}_{machine}" for minor in range(5, 29)]
    return System(tuple(names), "linux", machine)


def macos(machine: str) -> System:
    """Return a macOS from 11 on; wheels for newer ones are taken where there are no others."""
    names = [name for major in range(11, 16) for name in tags.mac_platforms((major, 0), machine)]
    return System(tuple(dict.fromkeys(names)), "darwin", machine)


SYSTEMS = {
    "linux-x86_64": linux("x86_64"),
    "linux-aarch64": linux("aarch64"),
    "windows": System(("win_amd64",), "win32", "AMD64"),
    "macos-arm64": macos("arm64"),
    "macos-x86_64": macos("x86_64"),
}
