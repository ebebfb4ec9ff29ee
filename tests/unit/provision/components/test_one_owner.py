"""What two components of one program would both create."""

from collections.abc import Iterator

import pytest
from pulumi.runtime.settings import SETTINGS

from bucketpass.compile import Target, compile_access
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access
from bucketpass.provision.components.one_owner import Owners, require_one_owner, share_owners

HERE, THERE = Target(account="111122223333", region="eu-west-1"), Target(account="444455556666", region="eu-west-1")
TEXT = """
name: {name}
issuers: {{ci: {{preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3, provider: {provider}}}}}
buckets: {{{bucket}: {{encryption: kms}}}}
services: {{trainer: {{identity: {{issuer: ci, client_id: 0oa1}}, grants: [{{bucket: {bucket}, prefix: raw/, access: read}}]}}}}
"""


class Monitor:
    """What a run of a program registers its resources with."""


@pytest.fixture(autouse=True)
def run() -> Iterator[None]:
    before, SETTINGS.monitor = SETTINGS.monitor, Monitor()
    yield
    SETTINGS.monitor = before


def declare(component: str, target: Target = HERE, name: str = "ai", bucket: str = "data", provider: str = "create") -> None:
    access = parse_access(TEXT.format(name=name, bucket=bucket, provider=provider))
    resources = blueprint_of(compile_access(access, target)).resources
    require_one_owner(component, target, resources, lambda known: "later" not in known)


def mistakes(component: str, **declared: str) -> list[tuple[str, str]]:
    with pytest.raises(DeclarationError) as refused:
        declare(component, **declared)  # type: ignore[arg-type]
    return [(found.place.path, found.message.partition(" is created by ")[0]) for found in refused.value.diagnostics()]


def test_a_component_may_say_again_what_it_creates() -> None:
    declare("FederatedAccess a")
    declare("FederatedAccess a")


def test_each_thing_of_which_aws_has_one_is_a_mistake_of_the_second_component() -> None:
    declare("FederatedAccess a")
    assert mistakes("FederatedAccess b") == [
        ("issuers.ci", "the OIDC provider for `https://acme.okta.com/oauth2/default`"),
        ("buckets.data", "the KMS key `alias/ai-data`"),
        ("", "the role `ai-trainer`"),
        ("buckets.data", "the bucket `data`"),
    ]


def test_the_remedy_names_the_component_that_has_it() -> None:
    declare("OidcIssuer okta")
    with pytest.raises(DeclarationError, match="its ARN, an output of OidcIssuer okta, or `existing`"):
        declare("FederatedAccess b", name="other", bucket="other")


def test_an_issuer_that_is_taken_from_another_and_names_of_its_own_are_no_mistake() -> None:
    declare("FederatedAccess a")
    declare("FederatedAccess b", name="other", bucket="other", provider="existing")


def test_another_account_has_its_own_roles_and_providers() -> None:
    declare("FederatedAccess a")
    declare("FederatedAccess b", THERE, bucket="other")


def test_an_adopted_buckets_policy_is_written_by_one_component() -> None:
    declare("FederatedAccess a")
    text = TEXT.format(name="b", bucket="data", provider="existing").replace("encryption: kms", "create: false")
    resources = blueprint_of(compile_access(parse_access(text), HERE)).resources
    with pytest.raises(DeclarationError, match="the policy of bucket `data` is created by FederatedAccess a already"):
        require_one_owner("FederatedAccess b", HERE, resources, lambda known: True)


def test_a_name_that_is_not_known_yet_is_nobodys() -> None:
    declare("FederatedAccess a", name="later")
    assert ("", "the role `later-trainer`") not in mistakes("FederatedAccess b", name="later")


def test_each_run_has_its_own_owners() -> None:
    declare("FederatedAccess a")
    SETTINGS.monitor = Monitor()
    declare("FederatedAccess b")


def test_components_that_come_by_connections_of_their_own_share_owners() -> None:
    owners: Owners = {}
    share_owners(owners)
    declare("FederatedAccess a")
    SETTINGS.monitor = Monitor()
    share_owners(owners)
    assert len(mistakes("FederatedAccess b")) > 1
