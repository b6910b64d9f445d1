"""Runs llama.cpp's own HTTP server over the tiny model; a program of its own.

    python -m tests.real_server.serve FOLDER

Prints its address when it listens, and ends when its standard input is closed.
"""

import os
import sys
from pathlib import Path

import xllamacpp

from tests.real_server import tiny_model


def main() -> None:
    """Serve until there is nobody any more who wants it."""
    model = Path(sys.argv[1]) / "tiny.gguf"
    tiny_model.write(model)
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = 2
    params.n_ctx = tiny_model.CONTEXT * params.n_parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.use_jinja = params.offline = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # its threads do not end by themselves


if __name__ == "__main__":
    main()
