"""A class's answer is each row's own, whatever the policies are."""

import os
import random

import pytest
from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import Opened, deployed

from bucketpass.usage.decisions import Decider
from bucketpass.usage.policies import policies_of
from bucketpass.usage.records import COLUMNS
from bucketpass.usage.reduce import RequestClass, reduce_rows
from bucketpass.usage.request import SessionFacts
from bucketpass.usage.sql import Fragment

KEYS = [
    "raw/a",
    "raw/b/c",
    "rawhide",
    "release/v1/a",
    "release/v10/b",
    "tenants/t1/x",
    "tenants/t2/y",
    "tenants//z",
    "checkpoints/ö",
    "%25",
    "a_b",
]
EXCLUSIVE = 'exclusive: true\n    administrators: ["arn:aws:iam::111122223333:role/admin"]'
OPERATIONS = ["GetObject", "PutObject", "DeleteObject", "HeadObject", "ListObjects", "UploadPart", "CopyObject"]
ADDRESSES = ["198.51.100.7", "203.0.113.9", "2001:db8::1", "10.0.0.5", "config.amazonaws.com"]
TIMES = [f"2026-11-30T{hour:02d}:00:00Z" for hour in range(0, 24, 3)]


def declaration(chance: random.Random) -> str:
    def grant() -> str:
        fields = ["bucket: datasets", f"access: {chance.choice(['read', 'write', '[read, write]', '[read, delete]', 'list'])}"]
        fields.append(f"prefix: {chance.choice(['raw/', 'raw', 'release/v1', 'release/v1/', 'tenants/', 'checkpoints/', '%', 'a_'])!r}")
        if chance.random() < 0.4:
            fields[-1] = f"prefix: {chance.choice(['tenants/', 'raw/', ''])!r}"
            fields.append("per: tenant")
        if chance.random() < 0.3:
            fields.append("conditions: {networks: [198.51.100.0/24]}")
        elif chance.random() < 0.3:
            fields.append("conditions: {vpc_endpoints: [vpce-0123456789abcdef0]}")
        if chance.random() < 0.3:
            fields[-1:] += ["conditions: {not_after: 2026-11-30T12:00:00Z}"] if "conditions" not in fields[-1] else []
        return "      - {" + ", ".join(fields) + "}"

    grants, others = ("\n".join(grant() for _ in range(chance.randint(1, 4))) for _ in range(2))
    return f"""\
issuers:
  okta: {{preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets:
  datasets:
    encryption: {chance.choice(["s3", "kms"])}
    bucket_key: {chance.choice(["true", "false"])}
    {chance.choice(["exclusive: false", EXCLUSIVE])}
services:
  trainer:
    identity: {{issuer: okta, subject: 0oa1trainer}}
    session: {{tags: [tenant]}}
    grants:
{grants}
  evaluator:
    identity: {{issuer: okta, subject: 0oa1evaluator}}
    session: {{tags: [tenant]}}
    grants:
{others}
"""


def record(chance: random.Random) -> dict[str, object]:
    operation = chance.choice(OPERATIONS)
    parameters: dict[str, object] = {"key": chance.choice(KEYS)}
    if operation == "ListObjects":
        parameters = chance.choice([{}, {"prefix": ""}, {"prefix": chance.choice(KEYS)}])
    if operation == "CopyObject":
        parameters["x-amz-copy-source"] = f"datasets/{chance.choice(KEYS[:-2])}"
    if operation == "PutObject" and chance.random() < 0.3:
        parameters["x-amz-server-side-encryption"] = chance.choice(["AES256", "aws:kms"])
    more: dict[str, object] = {"sourceIPAddress": chance.choice(ADDRESSES)}
    if chance.random() < 0.2:
        more["vpcEndpointId"] = chance.choice(["vpce-0123456789abcdef0", "vpce-9"])
    if chance.random() < 0.1:
        more["tlsDetails"] = None
    return s3_record(
        operation,
        role=chance.choice(["bucketpass-trainer", "bucketpass-trainer", "bucketpass-evaluator", "somebody"]),
        parameters=parameters,
        time=chance.choice(TIMES),
        error=chance.choice(["", "", "AccessDenied", "NoSuchKey"]),
        access_key_id=chance.choice(["ASIA1", "ASIA2", "ASIA3", "ASIAUNKNOWN"]),
        more=more,
    )


PROVIDER = "arn:aws:iam::111122223333:oidc-provider/acme.okta.com/oauth2/default"
FACTS = [SessionFacts(PROVIDER, "0oa1trainer", "s3-data", "", tags) for tags in ({"tenant": "t1"}, {"tenant": "t2"}, {})]
SESSIONS = [
    web_identity_record("bucketpass-trainer", "ASIA1", tags={"tenant": "t1"}),
    web_identity_record("bucketpass-trainer", "ASIA2", tags={"tenant": "t2"}),
    web_identity_record("bucketpass-trainer", "ASIA3"),
]


# The whole of it, 100,000 rows and 201 declarations: BUCKETPASS_USAGE_SEEDS=67 BUCKETPASS_USAGE_ROWS=1500, with a longer time limit.
SEEDS, ROWS = int(os.environ.get("BUCKETPASS_USAGE_SEEDS", "3")), int(os.environ.get("BUCKETPASS_USAGE_ROWS", "250"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_row_has_its_classs_answer(opened: Opened, seed: int) -> None:
    chance = random.Random(seed)
    engine, store = opened([*SESSIONS, *(record(chance) for _ in range(ROWS))])
    sessions = {f"ASIA{number}": facts for number, facts in enumerate(FACTS, start=1)}
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in engine.run(Fragment(f"SELECT {', '.join(COLUMNS)} FROM rows"))]
    alone_by_number = {row["row_number"]: RequestClass(row, 1, 0, 0, sessions.get(str(row["access_key_id"]))) for row in rows}
    for _ in range(3):
        deployment = deployed(declaration(chance))
        found = reduce_rows(engine, store, policies_of(deployment))
        decider = Decider(deployment)
        assert sum(one.requests for one in found.classes) == ROWS
        answers = {one.groups: decider.answer(one).verdict for one in found.classes}
        groups = ", ".join(f"grouped.{name}" for name in found.names)
        grouped = engine.run(Fragment(f"SELECT row_number, {groups} FROM (") + found.rows + ") AS grouped")
        for number, *of_row in grouped:
            one = alone_by_number[number]
            assert decider.answer(one).verdict is answers[tuple(of_row)], one.row
