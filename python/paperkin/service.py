"""The program: where it is installed, and how to start the service."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import IO, Optional, Union

from paperkin.client import Client
from paperkin.errors import PaperkinError

_NAMES = ("paperkin", "paperkin.exe")


def find_program() -> str:
    """The path of the program `paperkin`: of this package if it is installed, else on the `PATH`.

    Raises:
        FileNotFoundError: if there is no program.
    """
    try:
        installed = files("paperkin") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        path = Path(str(file.locate()))
        if file.name in _NAMES and path.is_file():
            return str(path.resolve())
    found = shutil.which("paperkin")
    if found is None:
        raise FileNotFoundError("there is no program `paperkin`, neither in this package nor on the PATH")
    return found


@contextmanager
def serve(
    store: "Union[str, os.PathLike[str]]" = "index",
    *arguments: str,
    program: "Optional[Union[str, os.PathLike[str]]]" = None,
    timeout: float = 30.0,
) -> Iterator[Client]:
    """Starts the service on a free port of this machine, and stops it at the end of the `with` block.

        with paperkin.serve("index") as client:
            hits = client.search("attention")

    The client has the token of the service, so `add` and `remove` work. The first start may download the model.

    Args:
        store: folder of the store.
        *arguments: further arguments of `paperkin serve`, such as `--no-sample`.
        program: the program; by default the one that `find_program` returns.
        timeout: the timeout of the client.
    """
    token = secrets.token_hex(32)
    command = [os.fspath(program or find_program()), "serve", "--addr", "127.0.0.1:0", "--log", "error"]
    process = subprocess.Popen(
        [*command, "--store", os.fspath(store), *arguments],
        env={**os.environ, "PAPERKIN_TOKEN": token},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with Client(_address(process.stdout), token, timeout) as client:
            yield client
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _address(lines: IO[str]) -> str:
    for line in lines:
        start = line.find("http://")
        if start >= 0:
            return line[start:].split()[0].rstrip("/")
    raise PaperkinError(None, "No service", "the service did not start", "standard error has the reason")
