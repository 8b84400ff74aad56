"""Starts the service: uvicorn with a process for each worker, uvloop and httptools."""

import argparse
import os
import socket

import uvicorn


def main():
    told = argparse.ArgumentParser()
    told.add_argument("--legacy", required=True)
    told.add_argument("--current", required=True)
    told.add_argument("--workers", type=int, required=True)
    told.add_argument("--year", action="append", default=[])
    told.add_argument("--soap", action="store_true")
    told = told.parse_args()
    # The workers are processes of their own.
    os.environ["BENCH_LEGACY"] = told.legacy
    os.environ["BENCH_CURRENT"] = told.current
    os.environ["BENCH_YEARS"] = " ".join(told.year)
    os.environ["BENCH_SOAP"] = "1" if told.soap else "0"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    print(f"listening 127.0.0.1:{port}", flush=True)
    uvicorn.run(
        "app:app",
        host="127.0.0.1",
        port=port,
        workers=told.workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=60,
        server_header=False,
    )


if __name__ == "__main__":
    main()
