"""One worked answer for each exercise of lesson 06."""


def client_frame(payload, mask):
    """Write a client's frame with a binary payload of any length."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return b"\x82" + length + mask + undo(payload, mask)


def undo(payload, mask):
    """Mask a payload, or unmask it: both are the same."""
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def join(frames):
    """Join the payloads of each message; decode it when it is whole."""
    messages, parts = [], []
    for frame in frames:
        if frame.is_control:
            continue
        if frame.opcode:  # 0 continues what has begun
            opcode = frame.opcode
        parts.append(frame.payload)
        if frame.fin:
            whole = b"".join(parts)
            messages.append(whole.decode() if opcode == 1 else whole)
            parts = []
    return messages


answers = {"06.1": client_frame, "06.2": undo, "06.3": join}
