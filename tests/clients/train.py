# mypy: ignore-errors
# PyTorch lives in an environment of its own, which is not there where the types are checked.
"""A training loop, as a user writes it: DataLoader workers read from S3 while the session under them is renewed.

`python train.py DATASET fork|spawn`, with BUCKET, KEY, SECONDS and REFRESHING in the environment: for so many seconds one loader
keeps its workers, and another starts new ones at each epoch, always while the service's token is being fetched (the file
REFRESHING is there). Prints `ok`. Datasets named `own-...` get their credentials in this process; the others from `bucketpass exec`.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from s3torchconnector import S3ClientConfig, S3IterableDataset, S3MapDataset
from torch.utils.data import DataLoader, Dataset

BUCKET, KEY = os.environ["BUCKET"], os.environ["KEY"]
ENDPOINT, REGION = os.environ["AWS_ENDPOINT_URL_S3"], os.environ["AWS_REGION"]
OBJECTS, WORKERS = 4, 2
REFRESH_SECONDS = 20.0
Sample = tuple[int, bytes]  # who read, and what


class Objects(Dataset):
    """The dataset of docs/how-to/credentials-in-python.md: the provider is made once, the client in each worker."""

    def __init__(self) -> None:
        from bucketpass.credentials import service_provider

        self.provider = service_provider()
        self.provider.current()
        self.client = None

    def __len__(self) -> int:
        return OBJECTS

    def __getitem__(self, index: int) -> Sample:
        from bucketpass.credentials import boto3_session

        if self.client is None:
            self.client = boto3_session(self.provider).client("s3")
        return os.getpid(), self.client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()


def sample(reader) -> Sample:
    return os.getpid(), reader.read()


ADDRESSES = [f"s3://{BUCKET}/{KEY}"] * OBJECTS
CONNECTOR = {
    "region": REGION,
    "endpoint": ENDPOINT,
    "transform": sample,
    "s3client_config": S3ClientConfig(force_path_style=True),
}


def own_map_dataset() -> Dataset:
    from bucketpass.credentials import use_container_environment

    use_container_environment()
    return S3MapDataset.from_objects(ADDRESSES, **CONNECTOR)


DATASETS: dict[str, Callable[[], Dataset]] = {
    "own-boto3": Objects,
    "own-map": own_map_dataset,
    "map": lambda: S3MapDataset.from_objects(ADDRESSES, **CONNECTOR),
    "iterable": lambda: S3IterableDataset.from_objects(ADDRESSES, enable_sharding=True, **CONNECTOR),
}


def epoch(loader: DataLoader, expected: bytes) -> set[int]:
    """The workers that read. Ends the program where anything else than the object came."""
    samples = list(loader)
    if [content for _, content in samples] != [expected] * OBJECTS:
        sys.exit(f"got {samples!r}, expected {OBJECTS} times {expected!r}")
    return {worker for worker, _ in samples}


def wait_for_refresh(refreshing: Path) -> None:
    """A refresh that was not going on before has begun."""
    end = time.monotonic() + REFRESH_SECONDS
    for begun in (False, True):
        while refreshing.exists() is not begun:
            if time.monotonic() > end:
                sys.exit(f"no refresh in {REFRESH_SECONDS:g} s")
            time.sleep(0.01)


def main() -> None:
    expected = Path(os.environ["EXPECTED"]).read_bytes()
    refreshing = Path(os.environ["REFRESHING"])
    dataset = DATASETS[sys.argv[1]]()
    options = {"batch_size": None, "num_workers": WORKERS, "multiprocessing_context": sys.argv[2]}
    kept, new = DataLoader(dataset, persistent_workers=True, **options), DataLoader(dataset, **options)
    first = epoch(kept, expected)
    seen = {os.getpid()} | first
    end = time.monotonic() + float(os.environ["SECONDS"])
    while time.monotonic() < end:
        wait_for_refresh(refreshing)
        workers = epoch(new, expected)
        if workers & seen or len(workers) != WORKERS:
            sys.exit(f"not {WORKERS} new workers: {workers}, after {seen}")
        if epoch(kept, expected) != first:
            sys.exit("the kept workers were not kept")
        seen |= workers
    print("ok")


if __name__ == "__main__":
    main()
