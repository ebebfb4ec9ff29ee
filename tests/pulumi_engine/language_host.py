"""Python programs in folders for Pulumi's CLI: the SDK's own server of inline programs, as the plug-in `pulumi-language-python`.

Pulumi's language host is on no package registry. This one runs `__main__.py` in the Python of the tests.
"""

from __future__ import annotations

import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc
from tests.pulumi_engine.install import PULUMI

__all__ = ["FolderHost", "write_plugin"]

ROOT = Path(__file__).parents[2]


class FolderHost(LanguageServer):
    """`LanguageRuntime` for the program in a folder. engine: the address of the engine that started this process."""

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine = engine

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        folder = Path(request.info.program_directory or request.pwd)
        os.chdir(folder)
        sys.path.insert(0, str(folder))

        def program() -> None:
            runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

        self.program = program
        request.args.insert(0, self._engine)
        return super().Run(request, context)  # type: ignore[no-untyped-call]


def write_plugin() -> None:
    """The plug-in stands beside the CLI, which looks for it there."""
    text = f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -W ignore -m tests.pulumi_engine.language_host "$@"\n'
    file = PULUMI.with_name("pulumi-language-python")
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
        file.chmod(0o755)


def main(words: list[str]) -> None:
    """Serve until the engine closes this process's input; print the port first, as the engine expects."""
    server = grpc.server(ThreadPoolExecutor(4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(FolderHost(words[-1]), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0).wait()


if __name__ == "__main__":
    main(sys.argv[1:])
