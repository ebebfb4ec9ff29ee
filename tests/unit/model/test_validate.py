from dataclasses import replace

import pytest

from bucketpass.errors import DeclarationError
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service, Session, validate
from bucketpass.model.validate import mistakes

JOB = Service((Identity("ci", {"repository": "a/b", "branch": "main"}),), (Grant("data"),))


def access(**services: Service) -> Access:
    return Access({"ci": Issuer("github")}, {"data": Bucket()}, services)


@pytest.mark.parametrize(
    ("services", "path", "words"),
    [
        ({"job": replace(JOB, identity=())}, "services.job.identity", "no identity"),
        ({"j" * 60: JOB}, "services." + "j" * 60, "71 characters"),
        ({"job": JOB, "other": replace(JOB, name="bucketpass-job")}, "services.other", "which service `job` has too"),
        ({"job": JOB, "other": replace(JOB, name="BucketPass-Job")}, "services.other", "without regard to case"),
        ({"job": replace(JOB, session=Session(seconds=60))}, "services.job.session.duration", "900 to 43200"),
        ({"job": replace(JOB, session=Session(tags=tuple(map(str, range(51)))))}, "services.job.session.tags", "51 tags"),
        (
            {"job": replace(JOB, grants=(Grant("data", per="tenant"),), tags={"tenant": "acme"})},
            "services.job.tags.tenant",
            "role tag `tenant`",
        ),
        ({"job": replace(JOB, grants=(Grant("dta"),))}, "services.job.grants[0].bucket", "unknown bucket"),
    ],
)
def test_what_is_wrong_with_a_service_is_told(services: dict[str, Service], path: str, words: str) -> None:
    found = [(mistake.place.path, mistake.message) for mistake in mistakes(access(**services))]
    assert [(place, words in message) for place, message in found] == [(path, True)]


def test_all_mistakes_are_in_one_error() -> None:
    with pytest.raises(DeclarationError) as caught:
        validate(access(job=replace(JOB, identity=(), grants=(Grant("dta"), Grant("dtb")))))
    assert len(caught.value.diagnostics()) == 3


def test_a_good_declaration_is_valid() -> None:
    validate(access(job=JOB))


def test_a_tag_of_everything_must_not_be_the_tenants_either() -> None:
    tenants = access(job=replace(JOB, grants=(Grant("data", per="tenant"),)))
    assert [mistake.place.path for mistake in mistakes(replace(tenants, tags={"Tenant": "acme"}))] == ["tags.Tenant"]
