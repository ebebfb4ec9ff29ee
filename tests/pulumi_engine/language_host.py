"""Pulumi's language hosts are on no package registry. This one stands in for `pulumi-language-python`.

Programs run in the SDK's own server of inline programs, in the Python of the tests; SDKs are made by Pulumi's own generators; a component
package is started in the environment that its `PulumiPlugin.yaml` names, into which its requirements are installed without an index.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import subprocess
import sys
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc
from tests.pulumi_engine.install import PULUMI, SDKS

__all__ = ["FolderHost", "write_plugin"]

ROOT = Path(__file__).parents[2]


class FolderHost(LanguageServer):
    """`LanguageRuntime` for the program or component package in a folder. engine: the address of the engine that started this process."""

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine = engine

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names, here and below
        folder = Path(request.info.program_directory or request.pwd)
        os.chdir(folder)
        sys.path[:0] = [str(folder), *map(str, folder.glob("sdks/*"))]

        def program() -> None:
            runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

        self.program = program
        request.args.insert(0, self._engine)
        return super().Run(request, context)  # type: ignore[no-untyped-call]

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        """The requirements of a component package, as pip reads them in its folder: what they name besides is the tests' own."""
        environment = _environment(request.info)
        if request.is_plugin and environment is not None:
            venv.create(environment, symlinks=True, with_pip=False)
            (packages,) = environment.glob("lib/python*/site-packages")
            (packages / "of_the_tests.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
            # pip would remove what this environment has of the same name, were it not told to ignore that.
            words = ["install", "--quiet", "--ignore-installed", "--no-index", "--no-deps", "--no-build-isolation"]
            command = [sys.executable, "-m", "pip", *words, "--prefix", str(environment), "--requirement", "requirements.txt"]
            done = subprocess.run(command, cwd=request.directory, capture_output=True, check=False)
            yield language_pb2.InstallDependenciesResponse(stdout=done.stdout, stderr=done.stderr)
            if done.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, done.stderr.decode())

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        environment = _environment(request.info)
        python = str(environment / "bin" / "python") if environment is not None else sys.executable
        variables = dict(one.partition("=")[::2] for one in request.env)
        command = [python, request.info.program_directory, *request.args]
        with subprocess.Popen(command, cwd=request.pwd, env=variables, stdout=subprocess.PIPE) as process:
            context.add_callback(process.terminate)
            assert process.stdout is not None
            for line in process.stdout:
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.returncode)

    def GeneratePackage(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The SDK, with the metadata that it reads of itself where it is installed."""
        folder = Path(request.directory)
        schema = folder.with_name("schema.json")
        schema.write_text(request.schema)
        subprocess.run([SDKS, schema, folder.parent], check=True)
        about = folder / f"pulumi_{json.loads(request.schema)['name']}-0.0.0.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text(f"Metadata-Version: 2.1\nName: {about.parent.name.partition('-')[0]}\nVersion: 0.0.0\n")
        return language_pb2.GeneratePackageResponse()

    def Link(self, request: Any, context: Any) -> Any:  # noqa: N802
        root = Path(request.info.root_directory)
        with (root / "requirements.txt").open("a") as file:
            file.writelines(f"{os.path.relpath(one.path, root)}\n" for one in request.packages)
        return language_pb2.LinkResponse()


def _environment(info: Any) -> Path | None:
    """The virtual environment that a project's options name."""
    name = dict(info.options).get("virtualenv")
    return Path(info.root_directory) / name if name else None


def write_plugin() -> None:
    """The plug-in stands beside the CLI, which looks for it there."""
    text = f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -W ignore -m tests.pulumi_engine.language_host "$@"\n'
    file = PULUMI.with_name("pulumi-language-python")
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
        file.chmod(0o755)


def main(words: list[str]) -> None:
    """Serve until the engine closes this process's input; print the port first, as the engine expects."""
    server = grpc.server(ThreadPoolExecutor(8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(FolderHost(words[-1]), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.read()
    server.stop(0).wait()


if __name__ == "__main__":
    main(sys.argv[1:])
