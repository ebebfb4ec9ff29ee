import pytest

from bucketpass.model import Bucket


@pytest.mark.parametrize(
    ("bucket", "algorithms"),
    [
        (Bucket(), ("AES256",)),
        (Bucket(encryption="kms"), ("aws:kms", "aws:kms:dsse")),
        (Bucket(encryption="arn:aws:kms:eu-central-1:111122223333:key/1"), ("aws:kms", "aws:kms:dsse")),
        (Bucket(encryption="kms", dsse=True), ("aws:kms:dsse",)),
    ],
)
def test_uploads_may_name_the_encryption_of_the_bucket_alone(bucket: Bucket, algorithms: tuple[str, ...]) -> None:
    assert bucket.algorithms == algorithms
