"""The fixture `real_server`: llama.cpp's own server, for every test that wants a real one."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an OpenAI-compatible server with one small model, `tiny`.

    It says grammatical nonsense, some hundred tokens at a time, reads 8,192
    tokens, and serves two requests at once.
    """
    missing = [n for n in ("xllamacpp", "gguf", "numpy") if not importlib.util.find_spec(n)]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"No real server here: {', '.join(missing)} cannot be installed.")
    folder = tmp_path_factory.mktemp("real-server")
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "tests.real_server.serve", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert server.stdin
    assert server.stdout
    address = server.stdout.readline().strip()
    if not address:
        server.wait()
        pytest.fail((folder / "server.log").read_text()[-2000:])
    yield address
    server.stdin.close()
    server.stdout.close()
    server.wait(10)
