"""The Python in which Pulumi programs run. Started by path; it knows nothing of the engine but the orders on its channel.

It loads what programs need, and then forks for each order. In the fork it does what Pulumi's own language host does for
Python: settings, configuration, then the program inside a stack.
"""

import gc
import sys

# The modules of pulumi-aws make a great many objects that stay: a collector that looks at them again and again finds
# nothing, and takes a quarter of the time.
gc.disable()

import asyncio  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import runpy  # noqa: E402
import socket  # noqa: E402
import traceback  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

FAILED = 1
# The first is needed by any program, the others by most; a name of each module is touched, since pulumi-aws loads them late.
PRELOADED = (
    ("pulumi", "Resource"),
    ("pulumi_aws.iam", "Role"),
    ("pulumi_aws.s3", "Bucket"),
    ("pulumi_aws.kms", "Key"),
    ("bucketpass.provision.components.federated_access", "FederatedAccess"),
)


class Quiet:
    """The engine's service, but for debug messages: the SDK says dozens for each resource, and each is a call."""

    merges_with_others = True  # what components ask: the engine itself reads what others have in a setting, and writes it again

    def __init__(self, address: str) -> None:
        import grpc
        from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        self._debug = engine_pb2.DEBUG

    def Log(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Log the message unless its severity is debug."""
        return None if request.severity == self._debug else self._stub.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)


def main() -> None:
    """Every order on the channel has been carried out, and its exit code sent back."""
    for module, name in PRELOADED:
        with suppress(Exception):  # the program that needs it will say so better
            getattr(__import__(module, fromlist=[name]), name)
    gc.freeze()
    channel = socket.socket(fileno=os.dup(0))
    while True:
        message, descriptors, *_ = socket.recv_fds(channel, 65536, 2)
        while message and not message.endswith(b"\n"):
            message += channel.recv(65536)
        if not message:
            return
        child = os.fork()
        if child == 0:
            channel.close()
            for target, descriptor in zip((1, 2), descriptors, strict=True):
                os.dup2(descriptor, target)
                os.close(descriptor)
            # The order may hold secrets of the stack's configuration: a program reads nothing of it from its own input.
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _end(carry_out(json.loads(message)))
        for descriptor in descriptors:
            os.close(descriptor)
        channel.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def carry_out(order: dict[str, Any]) -> int:
    """The program of `order` has run, and all that it registered has been answered."""
    try:
        import pulumi
        import pulumi.runtime
        from pulumi.runtime import settings
    except ImportError as missing:
        print(f"error: `{missing.name}` is not installed for {sys.executable}: the program's own Python needs pulumi", file=sys.stderr)
        return FAILED

    gc.enable()
    program = Path(order["program"])
    os.chdir(order["root"])
    sys.argv = [str(program)]
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
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(order["parallel"]))

    def run() -> None:
        runpy.run_path(str(program), run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except Exception as error:
        print(*error_lines(error, pulumi.RunError, program), sep="", end="", file=sys.stderr)
        return int(getattr(error, "exit_code", FAILED))
    return 0


def error_lines(error: Exception, plain: type[Exception], program: Path) -> list[str]:
    """Return the lines that report `error`: its traceback within the program; only the message of an error that says its place itself."""
    if isinstance(error, plain) or hasattr(error, "diagnostics"):
        return [f"error: {line}\n" for line in str(error).splitlines()]
    root = str(program if program.is_dir() else program.parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(root)]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    return ["Traceback (most recent call last):\n", *traceback.format_list(own), *traceback.format_exception_only(error)]


def _end(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to be done, and taking the interpreter apart takes as long as a preview's work.
    os._exit(code)


if __name__ == "__main__":
    main()
