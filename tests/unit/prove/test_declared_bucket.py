from tests.unit.prove.test_declared import WORLDS, means

from bucketpass.prove.callers import S3_ACTIONS
from bucketpass.prove.declared_bucket import is_administrator
from bucketpass.prove.scope import layers_of, session
from bucketpass.prove.theory.solver import Witness, holds


def test_guard_rails_are_part_of_every_grant() -> None:
    assert not means("simple", "trainer", "datasets", "s3:GetObject", "raw/1", secure="false")
    assert not means("simple", "trainer", "datasets", "s3:GetObject", "raw/1", tls="1.1")
    own = "arn:aws:kms:eu-central-1:111122223333:key/of-datasets"
    assert means("simple", "trainer", "datasets", "s3:PutObject", "checkpoints/1", sse="aws:kms", sse_key=own)
    assert not means("simple", "trainer", "datasets", "s3:PutObject", "checkpoints/1", sse="aws:kms")
    assert not means("simple", "trainer", "datasets", "s3:PutObject", "checkpoints/1", sse="aws:kms", sse_key=f"{own}2")
    assert not means("simple", "trainer", "datasets", "s3:PutObject", "checkpoints/1", sse="AES256")
    assert not means("simple", "trainer", "datasets", "s3:PutObject", "checkpoints/1", ssec="AES256")
    assert means("rich", "trainer", "loose", "s3:PutObject", "1", secure="false", ssec="AES256")


def test_an_administrator_is_welcome_by_name_or_by_pattern() -> None:
    world = WORLDS["rich"]
    role = world.deployment.roles_of("trainer")[0]
    request = session(role, layers_of(role, None, world.deployment), world.access, world.deployment, S3_ACTIONS)
    assert not holds(is_administrator(world.access.buckets["lake"], request), Witness())
