"""Run FalkorDB and the Bolt port in front of it: `python -m app.embedded.bolt BOLT_PORT REDIS_PORT COMMAND …`."""

from __future__ import annotations

import asyncio
import signal
import sys

from redis.asyncio import Redis

from app.embedded.bolt.graph import Graph
from app.embedded.bolt.session import Session
from app.embedded.ports import LOOPBACK

DEFAULT_DATABASE = "falkordb"


async def main(bolt_port: int, redis_port: int, command: list[str]) -> int:
    """Serve until Redis ends, and end it when asked to end; return its exit code."""
    graphs: dict[str, Graph] = {}
    redis = Redis(host=LOOPBACK, port=redis_port)

    def graph_of(database: str | None) -> Graph:
        name = database or DEFAULT_DATABASE
        return graphs.setdefault(name, Graph(redis, name))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(reader, writer, graph_of).serve()

    # The port first: when it is taken, nothing else is started.
    server = await asyncio.start_server(serve, LOOPBACK, bolt_port)
    process = await asyncio.create_subprocess_exec(*command)
    # Both get the signals of their process group; what is left to do here is to wait for Redis to save its data.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.close)
    code = await process.wait()
    server.close()
    await redis.aclose()
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
