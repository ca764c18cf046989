"""My own WebSocket client, from a bare TCP connection, without a library.

WS_URL=ws://127.0.0.1:8000/ python client.py
"""

import asyncio
import os
from urllib.parse import urlsplit


async def main():
    """Connect, and echo each message until the server closes the connection."""
    url = urlsplit(os.environ["WS_URL"])
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
    # Send a request, read the response, check it. What can you import from server.py?
    writer.close()


if __name__ == "__main__":
    asyncio.run(main())
