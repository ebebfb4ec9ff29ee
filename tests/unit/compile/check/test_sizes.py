from tests.declarations import World

from bucketpass.compile.check.sizes import size_findings
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service


def found(identities: int = 1, grants: int = 1, services: int = 1) -> set[tuple[str, str]]:
    declared = {
        f"job{number}": Service(
            tuple(Identity("ci", {"repository": f"acme/repository-{number}-{index}", "branch": "main"}) for index in range(identities)),
            tuple(Grant("data", f"folder/number-{number}-{index}/") for index in range(grants)),
        )
        for number in range(services)
    }
    plan = World.of(Access({"ci": Issuer("github")}, {"data": Bucket()}, declared)).plan
    return {(code, path) for code, path, _, _ in size_findings(plan)}


def test_a_small_declaration_is_far_from_every_limit() -> None:
    assert found() == set()


def test_what_is_near_a_limit_is_told() -> None:
    assert ("near-quota", "services.job0.identity") in found(identities=33)
    assert ("near-quota", "services.job0.grants") in found(grants=800)
    assert ("near-quota", "buckets.data") in found(services=46)


def test_more_roles_than_an_account_has_at_first_are_told() -> None:
    assert ("over-quota", "services") in found(services=1001)


def test_a_service_with_several_roles_is_told() -> None:
    assert ("several-roles", "services.job0.identity") in found(identities=80)
