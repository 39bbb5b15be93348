"""A network with a delay for scripts/bench: every byte gets to the other end later, a new connection later still.

Usage: bench_delay.py LISTENER PORT; LISTENER is the number of a listening socket that this process has inherited, PORT the
server's. What goes through keeps its order and its rate: only the time on the way is added.
"""

import asyncio
import socket
import sys

ROUND_TRIP = 0.050
# What may be on its way in one direction of a connection: more than any rate of loopback fills in that time would be no delay.
ON_THE_WAY = 1024
PIECE = 64 * 1024


async def read_into(reader, queue, not_before):
    """Takes what comes, with the time at which the other end may have it."""
    loop = asyncio.get_running_loop()
    piece = b"-"
    while piece:
        try:
            piece = await reader.read(PIECE)
        except ConnectionError:
            piece = b""
        await queue.put((max(loop.time(), not_before) + ROUND_TRIP / 2, piece))


async def write_from(queue, writer):
    """Gives each piece when its time has come; an empty one is the end."""
    loop = asyncio.get_running_loop()
    while True:
        due, piece = await queue.get()
        await asyncio.sleep(max(due - loop.time(), 0))
        try:
            if not piece:
                writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()
        except (ConnectionError, OSError):
            # Whoever sends learns it from its own end.
            continue


async def pass_on(port, reader, writer):
    # The client has its connection at once; far away it would have waited for a round trip before its first byte.
    opened = asyncio.get_running_loop().time() + ROUND_TRIP
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    there, back = asyncio.Queue(ON_THE_WAY), asyncio.Queue(ON_THE_WAY)
    ways = [
        read_into(reader, there, opened), write_from(there, far_writer),
        read_into(far_reader, back, 0), write_from(back, writer),
    ]
    await asyncio.gather(*ways)
    far_writer.close()
    writer.close()


async def main(listener, port):
    async def serve(reader, writer):
        await pass_on(port, reader, writer)

    server = await asyncio.start_server(serve, sock=socket.socket(fileno=listener))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
