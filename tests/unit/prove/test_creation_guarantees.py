from dataclasses import replace

import pytest
from tests.unit.prove.worlds import CREATING, World, broken, verdict

from bucketpass.decide import NamedPolicy
from bucketpass.policy import Effect, PolicyDocument, Statement
from bucketpass.prove.creation_guarantees import creations
from bucketpass.prove.question import Verdict


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
def test_what_may_only_be_created_is_never_replaced_or_deleted(action: str) -> None:
    world = World.of(CREATING)
    [name] = world.access.services
    assert verdict(creations(name, world.access, world.deployment)) is Verdict.PROVED
    more = Statement(Effect.ALLOW, actions=(action,), resources=("arn:aws:s3:::*/runs/*",))
    [role] = world.deployment.roles
    changed = replace(world.deployment, roles=(replace(role, policies=(*role.policies, NamedPolicy("more", PolicyDocument((more,))))),))
    assert broken(creations(name, world.access, changed)).startswith(action)
