#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""load.py - requests at a steady rate, each on a connection of its own, one line of JSON for each:
{"at": seconds since the epoch of its start, "took": seconds, "answer": the body's text or null,
"error": null or why}. Ends after --seconds or at SIGTERM, when the last request has ended.

The rate does not wait for answers: a server that stalls shows in `took`, not in fewer requests.
"""
import argparse
import asyncio
import json
import signal
import sys
import time


async def fetch(host, port, path):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        await writer.drain()
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise OSError(f"answered {head[:60]!r}")
        return body.decode().strip()
    finally:
        writer.close()


async def request(options):
    at, start = time.time(), time.monotonic()
    answer = error = None
    try:
        answer = await asyncio.wait_for(fetch(options.host, options.port, options.path),
                                        options.timeout)
    except asyncio.TimeoutError:
        error = f"no answer within {options.timeout} s"
    except OSError as e:
        error = str(e)
    took = time.monotonic() - start
    print(json.dumps({"at": at, "took": took, "answer": answer, "error": error}), flush=True)


async def main(options):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    start, number, running = time.monotonic(), 0, set()
    while not stop.is_set() and time.monotonic() - start < options.seconds:
        task = asyncio.create_task(request(options))
        running.add(task)
        task.add_done_callback(running.discard)
        number += 1
        pause = start + number / options.rate - time.monotonic()
        try:
            await asyncio.wait_for(stop.wait(), max(pause, 0))
        except asyncio.TimeoutError:
            pass
    await asyncio.gather(*running)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--path", default="/")
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--timeout", type=float, default=3, help="seconds for one request")
    sys.exit(asyncio.run(main(parser.parse_args())))
