"""One worked answer for each exercise of lesson 19."""

import asyncio
import time


async def drain(server, underway, deadline):
    """Accept nothing new, finish what is under way, and end at the deadline."""
    end = time.monotonic() + deadline
    server.close(close_connections=False)
    while underway and (left := end - time.monotonic()) > 0:
        await asyncio.wait(set(underway), timeout=left)
    tasks = set(underway)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(connection.close(1001) for connection in server.connections))


async def watched(connection, counts, log):
    """Echo, count, and name the connection in each line."""
    if connection.request.path != "/room":
        counts["refused"] += 1
        log(f"{connection.id} refused")
        await connection.close(1008)
        return
    counts["accepted"] += 1
    counts["open"] += 1
    begin = time.monotonic()
    log(f"{connection.id} open")
    try:
        async for message in connection:
            data = message.encode() if isinstance(message, str) else message
            counts["bytes"] += len(data)
            await connection.send(message)
    finally:
        counts["open"] -= 1
        counts["seconds"] += time.monotonic() - begin
        log(f"{connection.id} closed with {connection.close_code}")


def client_address(peer, header, trusted):
    """Go back from the peer, past each trusted proxy."""
    addresses = [each.strip() for each in (header or "").split(",") if each.strip()]
    addresses.append(peer)
    for address in reversed(addresses):
        if address not in trusted:
            return address
    return addresses[0]


answers = {"19.1": drain, "19.2": watched, "19.3": client_address}
