"""What is wrong with a declaration as a whole: names that lead nowhere, fields that do not go together.

It reads values, so that a Python program's declaration is held to the same rules as a file's.
"""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.aws.quotas import ROLE_NAME_CHARACTERS, SESSION_SECONDS, SESSION_TAGS
from bucketpass.errors import DeclarationError, Diagnostic
from bucketpass.model.access import Access, Grant, Service
from bucketpass.model.bucket_rules import bucket_mistakes, name_clashes
from bucketpass.model.declaration import DECLARATION
from bucketpass.model.grant_rules import exclusion_mistakes, grant_mistakes
from bucketpass.model.identity_rules import identity_mistakes, issuer_mistakes
from bucketpass.model.mistake import mistake
from bucketpass.model.notes import nearest
from bucketpass.model.own_folder import own_tags
from bucketpass.model.python_form import form_mistakes
from bucketpass.model.service_rules import service_mistakes

__all__ = ["mistakes", "rule_mistakes", "validate"]


def validate(access: Access) -> None:
    """The declaration can be compiled. Raises `DeclarationError` with all that is wrong with it."""
    found = mistakes(access)
    if found:
        raise DeclarationError(diagnostics=found)


def mistakes(access: Access) -> tuple[Diagnostic, ...]:
    """All that is wrong with the declaration; each place has the path only."""
    # The rules below rely on the shapes, so that they are not asked where those are wrong.
    return tuple(form_mistakes(DECLARATION, access, "")) or rule_mistakes(access)


def rule_mistakes(access: Access) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a declaration whose values have the right shapes."""
    return tuple(_mistakes(access))


def _mistakes(access: Access) -> Iterator[Diagnostic]:
    for name, issuer in access.issuers.items():
        yield from issuer_mistakes(f"issuers.{name}", issuer)
    for name in access.buckets:
        yield from bucket_mistakes(name, access)
    yield from name_clashes(access)
    roles: dict[str, str] = {}
    for name, service in access.services.items():
        role = access.role_name(name)
        path = f"services.{name}"
        if len(role) > ROLE_NAME_CHARACTERS:
            message = f"got the role name `{role}` of {len(role)} characters, expected at most {ROLE_NAME_CHARACTERS}"
            yield mistake(path, message, "add a shorter `name:`")
        # IAM takes names that differ in case alone for one name [L].
        if (first := roles.setdefault(role.lower(), name)) != name:
            message = f"got the role name `{role}`, which service `{first}` has too: IAM compares names without regard to case"
            yield mistake(path, message, "give one of them another `name:`")
        yield from _service(path, service, access)
    for name, guarantee in access.guarantees.items():
        for index, service_name in enumerate(guarantee.by):
            if service_name not in access.services:
                path = f"guarantees.{name}.by[{index}]"
                yield mistake(path, f"got the unknown service `{service_name}`", nearest(service_name, access.services))


def _clashing_tags(grant: Grant, service: Service, access: Access) -> Iterator[str]:
    owners = {owner.lower() for owner in own_tags(grant.per)}
    return (tag for tag in (*service.tags, *access.tags) if tag.lower() in owners)


def _service(path: str, service: Service, access: Access) -> Iterator[Diagnostic]:
    if not service.identity:
        yield mistake(f"{path}.identity", "got no identity, expected at least one", "say which tokens are this service")
    for index, identity in enumerate(service.identity):
        yield from identity_mistakes(f"{path}.identity[{index}]", identity, access.issuers)
    yield from service_mistakes(path, service)
    yield from exclusion_mistakes(f"{path}.grants", service.grants)
    for index, grant in enumerate(service.grants):
        yield from grant_mistakes(f"{path}.grants[{index}]", grant, access.buckets)
        for tag in _clashing_tags(grant, service, access) if grant.per else ():
            message = f"got the role tag `{tag}`, which a session without a tag of its own would go by"
            yield mistake(
                f"{path}.tags.{tag}" if tag in service.tags else f"tags.{tag}", message, "remove it: the token's tag says whose it is"
            )
    low, high = SESSION_SECONDS
    if not low <= service.session.seconds <= high:
        yield mistake(f"{path}.session.duration", f"got `{service.session.seconds}` seconds, expected {low} to {high}")
    if len(service.session.tags) > SESSION_TAGS:
        yield mistake(f"{path}.session.tags", f"got {len(service.session.tags)} tags, expected at most {SESSION_TAGS}")
