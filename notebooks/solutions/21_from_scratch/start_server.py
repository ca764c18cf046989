"""My own WebSocket server, from a bare TCP connection, without a library.

PORT=8000 python server.py
"""

import asyncio
import contextlib
import os


async def serve_client(reader, writer):
    """Serve one client: asyncio calls this for each TCP connection."""
    # Stage 1 needs two calls: await reader.readuntil(b"...") and writer.write(b"...").
    writer.close()


async def main():
    """Serve until someone ends the program."""
    port = int(os.environ.get("PORT", "8000"))
    server = await asyncio.start_server(serve_client, "127.0.0.1", port)
    print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
