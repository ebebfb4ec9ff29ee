"""The process in which a Pulumi program runs. Started by path; it knows nothing of bucketpass but the line on its input.

It does what Pulumi's own language host does for Python: settings, configuration, then the program inside a stack.
"""

import gc
import sys

# The modules of pulumi-aws make millions of objects that stay: a collector that looks at them again and again finds nothing
# and costs a quarter of the start.
gc.disable()

import asyncio  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import runpy  # noqa: E402
import traceback  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

FAILED = 1


class Quiet:
    """The engine's service, but for debug messages: the SDK says dozens for each resource, and each is a call."""

    def __init__(self, address: str) -> None:
        import grpc
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        self._debug = engine_pb2.DEBUG

    def Log(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """The message is told, if it is not for debugging."""
        return None if request.severity == self._debug else self._stub.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)


def main() -> int:
    """The program of the order on standard input has run, and all that it registered has been answered."""
    import pulumi
    import pulumi.runtime
    from pulumi.runtime import settings

    for module in sys.argv[1:]:
        __import__(module)
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    # The order may hold secrets of the stack's configuration: the program reads nothing of it from its own input.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    program = Path(order["program"])
    sys.argv = [str(program), *order["arguments"]]
    sys.path.insert(0, str(program if program.is_dir() else program.parent))
    pulumi.runtime.set_all_config(order["config"], order["secret_keys"])
    settings.configure(
        settings.Settings(
            project=order["project"],
            stack=order["stack"],
            organization="organization",
            root_directory=order["root"],
            monitor=order["address"],
            engine=Quiet(order["address"]),
            parallel=order["parallel"],
            dry_run=order["dry_run"],
        )
    )
    gc.enable()
    gc.freeze()

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(order["parallel"]))
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run(program)))
    except Exception as error:
        print(*_told(error, pulumi.RunError, program), sep="", end="", file=sys.stderr)
        return int(getattr(error, "exit_code", FAILED))
    return 0


def _told(error: Exception, plain: type[Exception], program: Path) -> list[str]:
    """What a person needs to see of `error`: where in the program it came up; of an error that speaks for itself only its words."""
    if isinstance(error, plain) or hasattr(error, "diagnostics"):
        return [f"error: {line}\n" for line in str(error).splitlines()]
    root = str(program if program.is_dir() else program.parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root)]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    return ["Traceback (most recent call last):\n", *traceback.format_list(own), *traceback.format_exception_only(error)]


def _run(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    try:
        CODE = main()
    except SystemExit as exit_error:
        CODE = exit_error.code if isinstance(exit_error.code, int) else FAILED
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to be done, and taking the interpreter apart takes as long as a preview's work.
    os._exit(CODE)
