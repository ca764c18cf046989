"""Stage 13, flow: asyncio gives each client a task; a client without a request has a time limit."""


async def serve_client(reader, writer):
    """Serve one client. Whatever it does, it ends only its own connection."""
    with contextlib.suppress(OSError, EOFError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            accepted = await shake_hands(reader, writer)
        if accepted:
            await echo(Connection(reader, writer))
        async with asyncio.timeout(PATIENCE):
            await end(reader, writer)
    writer.close()
