import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.s3_objects import BucketObject
from bucketpass.provision.embedded.values import Properties


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        clients = moto_clients()
        clients.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        clients.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        yield clients


def test_an_object_is_uploaded_found_changed_and_deleted_with_its_versions(aws: RegionClients, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("one")
    asset: Properties = {"$asset": "file", "path": str(tmp_path / "f"), "sha256": hashlib.sha256(b"one").hexdigest()}
    handler = BucketObject()
    wanted: Properties = {
        "bucket": "data",
        "key": "a/k",
        "source": asset,
        "contentType": "text/plain",
        "tagsAll": {"a b": "1+2"},
        "metadata": {"m": "1"},
    }
    made = handler.create(aws, wanted)
    assert made.id == handler.find(aws, wanted) == "data/a/k"
    assert aws.s3.get_object(Bucket="data", Key="a/k")["Body"].read() == b"one"
    found = handler.read(aws, made.id)
    assert found is not None
    assert (found["contentType"], found["tags"], found["metadata"]) == ("text/plain", {"a b": "1+2"}, {"m": "1"})
    handler.update(aws, made.id, wanted, {"bucket": "data", "key": "a/k", "contentBase64": base64.b64encode(b"two").decode()})
    assert aws.s3.get_object(Bucket="data", Key="a/k")["Body"].read() == b"two"
    aws.s3.put_object(Bucket="data", Key="a/k2", Body=b"theirs")
    handler.delete(aws, made.id, wanted)
    assert [one["Key"] for one in aws.s3.list_object_versions(Bucket="data")["Versions"]] == ["a/k2"]
    assert handler.read(aws, made.id) is None


def test_an_object_has_one_content(aws: RegionClients) -> None:
    with pytest.raises(RequestError, match="got `content` and `contentBase64`"):
        BucketObject().create(aws, {"bucket": "data", "key": "k", "content": "x", "contentBase64": "eA=="})
