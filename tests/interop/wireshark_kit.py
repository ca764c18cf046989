"""What Wireshark's program ``tshark`` reads in a capture file."""

import subprocess

EVERY_PORT = "tcp.try_heuristic_first:TRUE"
"""A few ports above 32768 belong to other protocols, and a test may be given one of them."""

TRUE = ("1", "True")
"""How versions of tshark write it."""

CHECKED = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")

WEBSOCKET = ("opcode", "fin", "mask", "rsv", "payload_length")
LONG = ("payload_length_ext_16", "payload_length_ext_64")
FIELDS = (
    "tcp.stream",
    "tcp.dstport",
    *(f"websocket.{name}" for name in (*WEBSOCKET, *LONG)),
    "websocket.payload.close.status_code",
    "http.response.code",
    "http.file_data",
    "tcp.checksum.status",
    "ip.checksum.status",
    "tcp.analysis.flags",
    "frame.comment",
    "_ws.malformed",
)


def read_packets(program, file, *options):
    """Read a capture file: a dict of lists for each packet, by the names of :data:`FIELDS`.

    Args:
        program: tshark.
        file: the capture.
        options: more of tshark's.
    """
    command = [program, "-n", "-r", file, "-T", "fields", "-E", "separator=/t", *options]
    for name in FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    values = [[value.split(",") if value else [] for value in row] for row in rows]
    return [dict(zip(FIELDS, row, strict=True)) for row in values]


def frames_of(packets):
    """The frames of each connection and direction: opcode, FIN, masked, RSV, length."""
    servers = {each["tcp.stream"][0]: each["tcp.dstport"] for each in reversed(packets)}
    found, codes = {}, {}
    for packet in packets:
        stream = packet["tcp.stream"][0]
        direction = "to server" if packet["tcp.dstport"] == servers[stream] else "to client"
        key = int(stream) + 1, direction
        opcodes, fins, masks, rsvs, lengths = (packet[f"websocket.{name}"] for name in WEBSOCKET)
        longer = {
            at: iter(packet[f"websocket.{name}"]) for at, name in zip("67", LONG, strict=True)
        }
        for opcode, fin, mask, rsv, length in zip(opcodes, fins, masks, rsvs, lengths, strict=True):
            size = next(longer[length[2]]) if length in ("126", "127") else length
            row = int(opcode), fin in TRUE, mask in TRUE, int(rsv, 16), int(size)
            found.setdefault(key, []).append(row)
        codes.setdefault(key, []).extend(map(int, packet["websocket.payload.close.status_code"]))
    return found, {key: seen for key, seen in codes.items() if seen}
