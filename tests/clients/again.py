# mypy: ignore-errors
# Each client lives in an environment of its own; none of them is there where the types are checked.
"""One S3 client for a long time: `python again.py CLIENT SECONDS` reads as `read.py` does, so often, until its standard input ends.

Prints a JSON object a line: each error with the times between which it happened (monotonic, which all processes of a machine share),
and at the end how many reads there were. The client `loader` is a PyTorch DataLoader whose workers stay.
"""

import json
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

EXPECTED = Path(os.environ["EXPECTED"]).read_bytes()


def loader() -> Callable[[], bytes]:
    from torch.utils.data import DataLoader
    from train import OBJECTS, WORKERS, Objects

    kept = DataLoader(Objects(), batch_size=None, num_workers=WORKERS, persistent_workers=True)

    def read() -> bytes:
        contents = {content for _, content in kept}
        return contents.pop() if len(contents) == 1 else f"{OBJECTS} objects differ".encode()

    return read


def reader(client: str) -> Callable[[], bytes]:
    if client == "loader":
        return loader()
    if client == "s3a":
        from s3a import text_reader

        return text_reader("exec")
    from read import CLIENTS

    return CLIENTS[client]()


def problem_of(read: Callable[[], bytes]) -> str:
    try:
        got = read()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return "" if got == EXPECTED else f"got {got[:100]!r}"


def main() -> None:
    read, seconds = reader(sys.argv[1]), float(sys.argv[2])
    reads = 0
    while not select.select([sys.stdin], [], [], seconds)[0]:
        begin = time.monotonic()
        problem = problem_of(read)
        reads += 1
        if problem:
            print(json.dumps({"begin": begin, "end": time.monotonic(), "error": problem}), flush=True)
    print(json.dumps({"reads": reads}), flush=True)
    os._exit(0)  # workers and threads of clients need not be waited for


if __name__ == "__main__":
    main()
