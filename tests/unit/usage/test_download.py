"""Logs of a bucket: copied under names of our own."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from bucketpass.errors import InvalidInput
from bucketpass.usage.download import downloaded


class Bucket:
    """As much of S3's client as copying takes."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def get_paginator(self, name: str) -> "Bucket":
        assert name == "list_objects_v2"
        return self

    def paginate(self, **asked: str) -> Iterable[Mapping[str, object]]:
        if asked["Bucket"] != "logs":
            raise ClientError({"Error": {"Code": "NoSuchBucket"}}, "ListObjectsV2")
        for key in self.keys:
            if key.startswith(asked["Prefix"]):
                yield {"Contents": [{"Key": key}]}
        yield {}

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_text(key)


def test_every_object_but_digests_is_copied(tmp_path: Path) -> None:
    bucket = Bucket(
        "AWSLogs/1/CloudTrail/x.json.gz", "AWSLogs/1/CloudTrail-Digest/y", "AWSLogs/../../etc/passwd", "AWSLogs/folder/", "other/z"
    )
    s3 = cast("S3Client", bucket)
    found = sorted(path.read_text() for path in downloaded("s3://logs/AWSLogs/", tmp_path, s3))
    assert found == ["AWSLogs/../../etc/passwd", "AWSLogs/1/CloudTrail/x.json.gz"]
    assert {path.parent for path in tmp_path.rglob("*")} == {tmp_path}
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(downloaded("s3://nothing/x", tmp_path, s3))
    with pytest.raises(InvalidInput, match="expected s3://"):
        list(downloaded("s3:///x", tmp_path, s3))


@pytest.mark.parametrize("variables", [{"AWS_PROFILE": "nope"}, {"AWS_ENDPOINT_URL": "not-a-url"}])
def test_settings_that_make_no_client_are_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=r"`s3://logs/x` cannot be read: .*(nope|not-a-url)"):
        list(downloaded("s3://logs/x", tmp_path))
