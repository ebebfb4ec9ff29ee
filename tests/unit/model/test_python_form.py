from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from tests.access_strategies import accesses

from bucketpass.model import Access, AccessLevel, Bucket, Grant, GrantConditions, Identity, Issuer, Lifecycle, Relaxation, Service, Session
from bucketpass.model.declaration import DECLARATION
from bucketpass.model.python_form import form_mistakes

JOB = Service((Identity("ci", {"repository": "a/b", "branch": "main"}),), (Grant("data"),))
ACCESS = Access({"ci": Issuer("github")}, {"data": Bucket()}, {"job": JOB})


def told(access: Access) -> list[tuple[str, str]]:
    return [(mistake.place.path, mistake.message) for mistake in form_mistakes(DECLARATION, access, "")]


def bucket(**fields: object) -> Access:
    return replace(ACCESS, buckets={"data": Bucket(**fields)})  # type: ignore[arg-type]


def service(**fields: object) -> Access:
    return replace(ACCESS, services={"job": replace(JOB, **fields)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("access", "path", "words"),
    [
        (bucket(encryption="none"), "buckets.data.encryption", "got `'none'`"),
        (bucket(administrators="arn:aws:iam::1:role/x"), "buckets.data.administrators", "expected a tuple of an ARN"),
        (bucket(administrators=("*",)), "buckets.data.administrators[0]", "expected an ARN"),
        (bucket(account="1"), "buckets.data.account", "12 digits"),
        (bucket(versioning="yes"), "buckets.data.versioning", "expected True or False"),
        (bucket(lifecycle=Lifecycle(expire_days=0)), "buckets.data.lifecycle.expire_days", "1 to 36500"),
        (bucket(relax={"tls": "x"}), "buckets.data.relax", "got `'tls'`"),
        (bucket(relax=[Relaxation.TLS]), "buckets.data.relax", "expected guard rails and reasons"),
        (service(identity=None), "services.job", "`identity` is missing"),
        (service(identity=({"issuer": "ci"},)), "services.job.identity[0]", "expected an identity"),
        (service(identity=(Identity("ci", {"subject": 1}),)), "services.job.identity[0].subject", "got `1`"),  # type: ignore[dict-item]
        (service(session=Session(seconds=1)), "services.job.session.duration", "900 to 43200"),
        (service(session=Session(seconds=True)), "services.job.session.duration", "got `True`"),
        (service(path="ai"), "services.job.path", "a path such as"),
        (service(grants=(Grant("data", access=("read",)),)), "services.job.grants[0].access[0]", "got `'read'`"),  # type: ignore[arg-type]
        (
            service(grants=(Grant("data", conditions=GrantConditions(not_after=datetime(2026, 1, 1))),)),
            "services.job.grants[0].conditions.not_after",
            "aware datetime",
        ),
        (replace(ACCESS, services=[JOB]), "services", "a mapping of services"),  # type: ignore[arg-type]
        (replace(ACCESS, services={"a b": JOB}), "services", "got `'a b'`"),
        (replace(ACCESS, name=""), "name", "expected a name"),
    ],
)
def test_what_a_file_could_not_have_said_is_told(access: Access, path: str, words: str) -> None:
    assert [(place, words in message) for place, message in told(access)] == [(path, True)], told(access)


def test_a_good_declaration_has_no_mistake() -> None:
    conditions = GrantConditions(("vpce-1a",), ("10.0.0.0/8",), datetime(2026, 1, 1, tzinfo=UTC))
    grants = (
        Grant("data", "raw/", (AccessLevel.WRITE,), conditions=conditions),
        Grant("data", key="x", access=(), actions=("s3:GetObjectAcl",)),
    )
    assert told(service(grants=grants, tags={"a": "b"}, name="role", keys=("arn:aws:kms:eu-west-1:111122223333:key/1",))) == []
    relax: Mapping[Relaxation, str] = {Relaxation.TLS: "old"}
    assert told(bucket(encryption="kms", relax=relax, account="111122223333")) == []


@given(accesses())
def test_random_declarations_have_the_form(access: Access) -> None:
    assert told(access) == []
