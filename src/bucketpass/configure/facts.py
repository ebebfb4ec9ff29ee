"""What there is to know of a declared service in one account and Region: its role, its token, its addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.compile import Target, compile_access
from bucketpass.compile.plan import Plan
from bucketpass.errors import InvalidInput, RequestError
from bucketpass.issuers import Trusted, audiences, issuer_url, preset, trusted
from bucketpass.model.access import Access, Identity, Service
from bucketpass.model.notes import nearest

__all__ = ["Options", "ServiceFacts", "Site", "declared_service", "service_facts"]

TOKEN_FILE = "/var/run/secrets/bucketpass/token"  # noqa: S105 - where it is, not what it is
# SECURITY: a path is part of a mount's options and of shell lines, where a comma or a quote would add to them.
PLAIN_PATH = re.compile(r"(/[\w.@+-]+)+")
SESSION_NAME_AT_MOST = 64


@dataclass(frozen=True)
class Site:
    """A declaration in an account and a Region, and where AWS's API is found if not at AWS itself.

    An account of "" is that of Ceph's object gateway, whose ARNs have none.
    """

    access: Access
    account: str
    region: str
    endpoint_url: str | None = None
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([0-9]{12})?", self.account):
            raise InvalidInput(f"got the account `{self.account}`, expected 12 digits", remedy="aws sts get-caller-identity says it")

    @classmethod
    def of_outputs(
        cls, access: Access, outputs: Mapping[str, object], region: str, endpoint_url: str | None = None, ca_bundle: str | None = None
    ) -> Site:
        """Return the site that a stack's outputs describe. Raises `RequestError` where they are not of this declaration."""
        arns = outputs.get("role_arns")
        found = next(iter(arns.values()), None) if isinstance(arns, Mapping) else None
        arn = Arn.parse(found) if isinstance(found, str) else None
        if arn is None:
            raise RequestError(
                "the stack has no output `role_arns` with an ARN", remedy='pulumi.export("role_arns", federated_access.role_arns)'
            )
        return cls(access, arn.account, region, endpoint_url, ca_bundle)

    @cached_property
    def plan(self) -> Plan:
        """What the declaration becomes here."""
        return compile_access(self.access, Target(self.account, self.region, partition_of_region(self.region).name))

    def role_arn(self, service: str, identity: int) -> str:
        """The ARN of the role that trusts the service's identity of this number: several share what is too long for one."""
        return next(role.arn for role in self.plan.roles if role.service == service and identity in role.identities)


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say about the service's own machine.

    issuer, identity: by which of its identities it is there, by the issuer's name or by the identity's number from 0 on.
    """

    token_file: str = TOKEN_FILE
    image: str | None = None
    issuer: str | None = None
    source: str | None = None
    identity: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service by one of its identities. `word` is its name as file names, images and identifiers allow it."""

    name: str
    service: Service
    identity: Identity
    preset: str
    issuer_url: str
    subject: str
    audience: str | None
    role_arn: str
    site: Site
    options: Options

    @property
    def word(self) -> str:
        """The name in lower case, of letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "service"

    @property
    def image(self) -> str:
        """The container image to run."""
        return self.options.image or f"{self.word}:latest"

    @property
    def session_name(self) -> str:
        """The name of its sessions, as STS takes it."""
        return f"{re.sub(r'[^A-Za-z0-9_+=,.@-]', '-', self.name):->2}"[:SESSION_NAME_AT_MOST]

    @property
    def claims(self) -> Mapping[str, str]:
        """The fields of its identity that are one value, not a pattern."""
        wild = self.identity.unsafe_wildcard is not None
        return {name: value for name, value in self.identity.claims.items() if not (wild and set("*?") & set(value))}

    def environment(self, token_file: str | None) -> dict[str, str]:
        """The variables by which AWS's SDKs find role, token and addresses."""
        site = self.site
        variables = {
            "AWS_ROLE_ARN": self.role_arn,
            "AWS_WEB_IDENTITY_TOKEN_FILE": token_file,
            "AWS_ROLE_SESSION_NAME": self.session_name,
            "AWS_REGION": site.region,
            "AWS_DEFAULT_REGION": site.region,  # boto3 reads this one alone
            "AWS_ENDPOINT_URL": site.endpoint_url,
            "AWS_CA_BUNDLE": site.ca_bundle,
            "SSL_CERT_FILE": site.ca_bundle,  # what clients in Rust and C++ read
        }
        return {name: value for name, value in variables.items() if value is not None}


def declared_service(name: str, access: Access) -> Service:
    """The service of this name. Raises `InvalidInput` where none is declared."""
    if name not in access.services:
        remedy = nearest(name, access.services)
        raise InvalidInput(f"`{name}` is not a service (expected one of {_listed(access.services)})", remedy=remedy)
    return access.services[name]


def service_facts(
    name: str, site: Site, options: Options = Options(), presets: Collection[str] = (), others: Sequence[str] = ()
) -> ServiceFacts:
    """The facts of a service by its first identity whose issuer is of one of `presets` (none: of any).

    Raises `InvalidInput` where it has no such identity, with the `others` that the form could be.
    """
    access = site.access
    service = declared_service(name, access)
    if not PLAIN_PATH.fullmatch(options.token_file):
        raise InvalidInput(
            f"`{options.token_file}` cannot be the token's file, expected a plain absolute path", remedy=f"such as {TOKEN_FILE}"
        )
    fitting = [
        index
        for index, identity in enumerate(service.identity)
        if _fits(identity, access, options, presets) and options.identity in {None, index}
    ]
    if not fitting:
        kinds = f" of {_listed(presets)}" if presets else ""
        wanted = f" by issuer `{options.issuer}`" if options.issuer else ""
        wanted += f" of number {options.identity}" if options.identity is not None else ""
        has = _listed(f"{identity.issuer} ({access.issuers[identity.issuer].preset})" for identity in service.identity)
        raise InvalidInput(
            f"service `{name}` has no identity{kinds}{wanted}; it is known by {has}",
            remedy=f"choose {' or '.join(f'`{form}`' for form in others) or 'another form'}, or give the service such an identity",
        )
    index = fitting[0]
    several = [role for role in site.plan.roles if role.service == name]
    if len(fitting) > 1 and len(several) > 1:
        # The role of another identity would refuse this one's token.
        roles = ", ".join(f"{role.identity_ranges} `{role.name}`" for role in several)
        raise InvalidInput(f"service `{name}` has several roles, each for some of its identities: {roles}", remedy="--identity N")
    identity = service.identity[index]
    issuer = access.issuers[identity.issuer]
    seen: Trusted = trusted(issuer, identity)
    asked = audiences(issuer)
    return ServiceFacts(
        name=name,
        service=service,
        identity=identity,
        preset=preset(issuer.preset).name,
        issuer_url=issuer_url(issuer),
        subject=seen.subjects[0],
        audience=asked[0] if asked else None,
        role_arn=site.role_arn(name, index),
        site=site,
        options=options,
    )


def _fits(identity: Identity, access: Access, options: Options, presets: Collection[str]) -> bool:
    of_issuer = options.issuer in {None, identity.issuer}
    return of_issuer and (not presets or access.issuers[identity.issuer].preset in presets)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
