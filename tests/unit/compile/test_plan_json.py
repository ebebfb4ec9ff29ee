import json
from itertools import chain

from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile.plan_json import plan_json
from bucketpass.policy import parse_policy

WORLD = World.of(EVERYTHING_DECLARED)


def test_the_plan_is_json_with_the_documents_as_aws_takes_them() -> None:
    read = json.loads(json.dumps(plan_json(WORLD.plan)))
    for role, written in zip(WORLD.plan.roles, read["roles"], strict=True):
        assert parse_policy(written["trust"]["policy"]) == role.trust.document
        assert written["name"] == role.name


def test_each_statement_has_its_origins() -> None:
    read = json.loads(json.dumps(plan_json(WORLD.plan)))
    document = read["roles"][0]["policies"][0]["document"]
    assert len(document["origins"]) == len(document["policy"]["Statement"])
    assert {"path": "services.trainer.grants[0]", "description": "trainer may read and write datasets/raw/"} in chain(*document["origins"])
