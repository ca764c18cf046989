"""Echo servers of libraries, run as programs: what the judge must accept as it is.

python echoes.py NAME
"""

import asyncio
import contextlib
import os
import socket
import sys
import threading

PORT = int(os.environ.get("PORT", "0"))
LIMIT = 16 * 2**20  # bytes of a message


async def websockets_server():
    from websockets.asyncio.server import serve

    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with serve(echo, "127.0.0.1", PORT) as server:
        await server.serve_forever()


async def aiohttp_server():
    from aiohttp import WSMsgType, web

    async def echo(request):
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for message in connection:
            if message.type is WSMsgType.TEXT:
                await connection.send_str(message.data)
            else:
                await connection.send_bytes(message.data)
        return connection

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    await asyncio.Event().wait()


def wsproto_server():
    listener = socket.create_server(("127.0.0.1", PORT), backlog=100)
    while True:
        threading.Thread(target=serve_by_wsproto, args=listener.accept()[:1], daemon=True).start()


def serve_by_wsproto(client):
    with client, contextlib.suppress(OSError):
        echo_by_wsproto(client)


def echo_by_wsproto(client):
    from wsproto import ConnectionType, WSConnection, events
    from wsproto.utilities import LocalProtocolError, RemoteProtocolError

    protocol, message = WSConnection(ConnectionType.SERVER), []
    while data := client.recv(65536):
        try:
            protocol.receive_data(data)
        except RemoteProtocolError as error:
            client.sendall(protocol.send(error.event_hint) if error.event_hint else b"")
            break
        for event in protocol.events():
            try:
                match event:
                    case events.Request():
                        client.sendall(protocol.send(events.AcceptConnection()))
                    case events.Ping():
                        client.sendall(protocol.send(event.response()))
                    case events.TextMessage() | events.BytesMessage():
                        message.append(event.data)
                        if sum(map(len, message)) > LIMIT:  # wsproto has no limit of its own
                            client.sendall(protocol.send(events.CloseConnection(1009)))
                            return finish(client)
                        if event.message_finished:
                            whole = type(event)(data=type(event.data)().join(message))
                            client.sendall(protocol.send(whole))
                            message = []
                    case events.CloseConnection():
                        client.sendall(protocol.send(event.response()))
                        return finish(client)
            except LocalProtocolError:  # it has failed the connection, or closed it
                return finish(client)
    return finish(client)


def finish(client):
    client.shutdown(socket.SHUT_WR)
    client.settimeout(5)
    while client.recv(65536):
        pass


if __name__ == "__main__":
    program = globals()[sys.argv[1]]
    asyncio.run(program()) if asyncio.iscoroutinefunction(program) else program()
