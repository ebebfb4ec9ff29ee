"""Policies, layers and requests drawn at random: small enough that all that matters of them can be tried."""

import random
from collections.abc import Callable, Iterable

from bucketpass.compile import Target
from bucketpass.decide import AuthorizationRequest, ContextValue, Decision, NamedPolicy, PolicySet, PrincipalKind, PublicAccessBlock, decide
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import DeployedRole, Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.operators import OPERATORS, Family
from bucketpass.prove.callers import EVERYTHING, anonymous, undeclared_principals
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import FreeList, FreeText, FreeTextOrList, FreeValue, TextValue
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import Flag, Formula, Matches
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Witness
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.prove.web_identity import admits, decide_token, federated_request, token_request

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject")
RESOURCES = (
    "arn:aws:s3:::a/*", "arn:aws:s3:::a", "arn:aws:s3:::a/b*", "arn:aws:s3:::?/b?", "*", "arn:aws:s3:::a/${aws:PrincipalTag/t}/*",
    "arn:aws:s3:::*", "arn:aws:s3:::a/${aws:PrincipalTag/t, 'b'}*", "arn:aws:s3:::a/${*}", "arn:aws:s3:::a/${s3:prefix}",
)  # fmt: skip
ASKED = ("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::a/b", "arn:aws:s3:::a/bb", "arn:aws:s3:::a/t/x", "arn:aws:s3:::a/*",
         "arn:aws:s3:::a/", "arn:aws:s3:::a/b/x")  # fmt: skip
PRINCIPALS = (
    "*", ACCOUNT, OTHER, f"arn:aws:iam::{ACCOUNT}:root", ROLE, f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/one",
    f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{OTHER}:role/trainer", f"arn:aws:iam::{ACCOUNT}:role/path/b",
    f"arn:aws:sts::{ACCOUNT}:federated-user/ann", "AROAEXAMPLE", "AIDAEXAMPLE",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ann",
)  # fmt: skip
TEXTS = ("", "a", "b", "bb", "B", "t", "one", "a/b", "*", "arn:aws:iam::1:role/b", "arn:aws:s3:::a/b", "arn:b", "é", "É", "ann")
OPERANDS: dict[Family, tuple[str, ...]] = {
    Family.STRING: ("a", "b*", "?", "", "BB", "é", "${aws:PrincipalTag/t}", "${aws:PrincipalTag/t, 'b'}*", "${*}", "x${s3:prefix}", "*"),
    Family.ARN: ("arn:aws:iam::*:role/*", "arn:*:iam::?:role/b", "*", "arn:aws:s3:::a/${aws:PrincipalTag/t}", "arn:aws", ROLE),
    Family.NUMERIC: ("1", "+2.0", "10", "x", "-3", "1.5"),
    Family.DATE: ("2026-01-01T00:00:00Z", "2026-01-02", "1767225600", "soon"),
    Family.BOOL: ("true", "false", "TRUE", "x"),
    Family.IP: ("10.0.0.0/8", "10.1.0.0/16", "::1", "fe80::/10", "10.1.2.3", "x", "::ffff:10.0.0.0/104"),
    Family.BINARY: ("YQ==", "x"),
    Family.NULL: ("true", "false"),
}
KEYS: dict[Family, tuple[str, ...]] = {
    Family.STRING: (
        *("s3:prefix", "aws:PrincipalTag/t", "aws:TagKeys", "acme.example:sub", "aws:userid", "acme.example:amr"),
        *("s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-customer-algorithm", "s3:x-amz-acl", "s3:x-amz-grant-read"),
    ),
    Family.ARN: ("aws:PrincipalArn", "aws:SourceArn", "s3:prefix", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    Family.NUMERIC: ("s3:max-keys", "s3:TlsVersion", "acme.example:level"),
    Family.DATE: ("aws:CurrentTime", "s3:object-lock-retain-until-date"),
    Family.BOOL: ("aws:SecureTransport", "aws:ViaAWSService"),
    Family.IP: ("aws:SourceIp",),
    Family.BINARY: ("acme.example:key",),
}


def condition(chance: random.Random) -> Condition:
    operator = chance.choice([*OPERATORS.values(), OPERATORS["StringLike"], OPERATORS["StringEquals"]])
    name = operator.name
    if operator.family is Family.NULL:
        return Condition("Null", chance.choice(chance.choice(list(KEYS.values()))), (chance.choice(OPERANDS[Family.NULL]),))
    name += "IfExists" if chance.random() < 0.25 else ""
    if chance.random() < 0.3:
        name = chance.choice(["ForAllValues:", "ForAnyValue:"]) + name
    keys = KEYS[operator.family] if chance.random() < 0.95 else chance.choice(list(KEYS.values()))
    values = tuple(chance.choice(OPERANDS[operator.family]) for _ in range(chance.choice([0, 1, 1, 1, 2, 3])))
    return Condition(name, chance.choice(keys), values)


def statement(chance: random.Random, *, principals: bool) -> Statement:
    effect = Effect.DENY if chance.random() < 0.3 else Effect.ALLOW
    actions = tuple(chance.sample(["s3:Get*", "S3:putobject", "s3:*", "*", "s3:List?ucket", "s3:DeleteObject"], chance.randint(1, 2)))
    resources = tuple(chance.sample(RESOURCES, chance.randint(1, 2)))
    negate_actions, negate_resources = chance.random() < 0.1, chance.random() < 0.1
    element = principal(chance) if principals and chance.random() < 0.95 else None
    negate_principal = chance.random() < 0.15
    return Statement(
        effect,
        actions=None if negate_actions else actions,
        not_actions=actions if negate_actions else None,
        resources=None if negate_resources else resources,
        not_resources=resources if negate_resources else None,
        principal=None if negate_principal else element,
        not_principal=element if negate_principal else None,
        conditions=tuple(condition(chance) for _ in range(chance.choice([0, 0, 1, 1, 2]))),
    )


def principal(chance: random.Random) -> PrincipalElement:
    if chance.random() < 0.15:
        return PrincipalElement(everyone=True)
    return PrincipalElement(
        aws=tuple(chance.sample(PRINCIPALS, chance.randint(1, 3))),
        federated=("acme.example",) if chance.random() < 0.3 else (),
        service=("logging.s3.amazonaws.com",) if chance.random() < 0.3 else (),
        canonical_user=tuple(chance.sample(["79a5", "ann"], chance.randint(1, 2))) if chance.random() < 0.3 else (),
    )


def document(chance: random.Random, *, principals: bool = False) -> PolicyDocument:
    statements = tuple(statement(chance, principals=principals) for _ in range(chance.randint(1, 3)))
    return PolicyDocument(statements, "2012-10-17" if chance.random() < 0.85 else "2008-10-17")


def layers(chance: random.Random) -> PolicySet:
    def some(name: str, *, principals: bool = False) -> tuple[NamedPolicy, ...]:
        return tuple(NamedPolicy(f"{name} {index}", document(chance, principals=principals)) for index in range(chance.choice([1, 1, 2])))

    def perhaps(name: str, likely: float, *, principals: bool = False) -> tuple[NamedPolicy, ...] | None:
        return some(name, principals=principals) if chance.random() < likely else None

    return PolicySet(
        identity=some("identity"),
        resource=perhaps("bucket", 0.7, principals=True),
        boundary=perhaps("boundary", 0.2),
        session=perhaps("session", 0.2),
        endpoint=perhaps("endpoint", 0.15, principals=True),
        scps=(some("scp"),) if chance.random() < 0.15 else (),
        rcps=(some("rcp", principals=True),) if chance.random() < 0.15 else (),
        public_access=PublicAccessBlock() if chance.random() < 0.3 else None,
    )


def request(chance: random.Random, policies: PolicySet, extra: Iterable[PolicyDocument] = ()) -> SymbolicRequest:
    vocabulary = Vocabulary.of([*documents_of(policies), *extra])
    who = chance.choice(
        [
            SymbolicPrincipal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, session="session"),
            SymbolicPrincipal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, session="session"),
            SymbolicPrincipal(PrincipalKind.ROLE_SESSION, TextValue("role", f"arn:aws:iam::{ACCOUNT}:role/"), ACCOUNT, session="session"),
            SymbolicPrincipal(PrincipalKind.USER, TextValue("user", f"arn:aws:iam::{ACCOUNT}:user/"), ACCOUNT),
            SymbolicPrincipal(PrincipalKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT),
            SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, "acme.example"),
            SymbolicPrincipal(PrincipalKind.SERVICE, TextValue("service")),
            SymbolicPrincipal(PrincipalKind.ANONYMOUS),
            SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, TextValue("provider")),
            SymbolicPrincipal(PrincipalKind.USER, TextValue("user", f"arn:aws:sts::{ACCOUNT}:federated-user/"), ACCOUNT),
            SymbolicPrincipal(PrincipalKind.USER, TextValue("user", f"arn:aws:iam::{OTHER}:user/"), OTHER, unique_id="AIDAEXAMPLE"),
            SymbolicPrincipal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, session="session", unique_id="AROAEXAMPLE"),
            SymbolicPrincipal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, session="session", canonical_user="79a5"),
            SymbolicPrincipal(PrincipalKind.CANONICAL_USER, canonical_user=TextValue("canonical user")),
            SymbolicPrincipal(
                PrincipalKind.ORIGIN_ACCESS_IDENTITY,
                TextValue("identity", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "),
            ),
        ]
    )
    fixed: dict[str, ContextValue | TextValue | None] = {}
    if isinstance(who.arn, TextValue) or who.account:
        fixed["aws:PrincipalArn"] = who.arn
    if chance.random() < 0.2:
        fixed["aws:PrincipalTag/t"] = chance.choice(["b", None, "t"])
    if chance.random() < 0.5:
        fixed["aws:userid"] = TextValue("session", "AROA:")
    if chance.random() < 0.1:
        fixed["aws:TagKeys"] = ("a", "b")
    account = chance.choice(["", ACCOUNT, OTHER])
    return SymbolicRequest.of(who, ACTIONS, vocabulary, fixed, resource_account=account)


PROVIDER = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.example", "https://acme.example", ("a", "b"))
TRUSTED_PRINCIPALS = {
    "federated": (
        *(PROVIDER.arn, "accounts.google.com"),
        *(f"arn:aws:iam::{ACCOUNT}:saml-provider/acme", f"arn:aws:iam::{ACCOUNT}:oidc-provider/b.example"),
    ),
    "aws": (*PRINCIPALS[:-1], f"arn:aws:iam::{OTHER}:root"),
    "service": ("ec2.amazonaws.com", "pods.eks.amazonaws.com"),
}  # fmt: skip
PROVIDERS_AND_SERVICES = (*TRUSTED_PRINCIPALS["federated"], *TRUSTED_PRINCIPALS["service"])
STS_ACTIONS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:*", "sts:AssumeRole*", "sts:TagSession",
               "sts:SetSourceIdentity", "*")  # fmt: skip
OF_TRUSTS = ("acme.example:sub", "acme.example:aud", "acme.example:oaud", "acme.example:amr", "accounts.google.com:sub", "aws:RequestTag/t",
             "aws:TagKeys", "sts:SourceIdentity", "sts:RoleSessionName", "aws:PrincipalArn", "sts:ExternalId", "SAML:aud")  # fmt: skip


def trust(chance: random.Random) -> PolicyDocument:
    """A trust policy: any of the ways in allowed or denied, most often under conditions."""
    statements = []
    for _ in range(chance.randint(1, 3)):
        kinds = chance.sample(sorted(TRUSTED_PRINCIPALS), chance.choice([1, 1, 2]))
        named = {kind: tuple(chance.sample(TRUSTED_PRINCIPALS[kind], chance.choice([1, 1, 2]))) for kind in kinds}
        aws, federated, service = (named.get(kind, ()) for kind in ("aws", "federated", "service"))
        everyone = chance.random() < 0.2
        element = PrincipalElement(everyone=True) if everyone else PrincipalElement(aws=aws, federated=federated, service=service)
        lines = []
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            several = chance.choice(["", "", "", "ForAllValues:", "ForAnyValue:"])
            operator = chance.choice(["StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "StringNotLike"])
            values = tuple(chance.sample(["a", "b*", "*", "?", "ann"], chance.choice([1, 1, 2])))
            lines.append(Condition(several + operator, chance.choice(OF_TRUSTS), values))
        effect = Effect.DENY if chance.random() < 0.1 else Effect.ALLOW
        actions = tuple(chance.sample(STS_ACTIONS, chance.randint(2, 3)))
        negated = effect is Effect.DENY and chance.random() < 0.2
        statements.append(
            Statement(
                effect,
                actions=actions,
                principal=None if negated else element,
                not_principal=element if negated else None,
                conditions=tuple(lines),
            )
        )
    return PolicyDocument(tuple(statements))


def way_in(chance: random.Random, document: PolicyDocument) -> tuple[SymbolicRequest, Formula, Callable[[AuthorizationRequest], Decision]]:
    """A way into a role with that trust: who asks for it, when they get a session, and how the engine decides."""
    role = DeployedRole(ROLE, NamedPolicy("trust", document))
    deployment = Deployment(Target(ACCOUNT, "us-east-1"), providers=(PROVIDER,), roles=(role,))
    by_trust = PolicySet(identity=(EVERYTHING,), resource=(role.trust,))
    vocabulary, where = Vocabulary.of([document]), Matches("resource", Glob.literal(ROLE))
    way = chance.choice(["token", "token", "other provider", "principal", "principal", "principal", "nobody"])
    if way == "token":
        asked = token_request(PROVIDER, [role], ["t"])
        return asked, admits(role, asked), decide_token([role])
    if way == "other provider":
        asked = federated_request(role, vocabulary, deployment, [PROVIDER.arn])
    elif way == "nobody":
        asked = anonymous(deployment, ("sts:AssumeRole",), vocabulary, resource_account=ACCOUNT, resources=where)
    else:
        everybody = undeclared_principals(deployment, ("sts:AssumeRole",), vocabulary, resource_account=ACCOUNT, resources=where)
        asked = chance.choice([request for _, request in everybody if request.principal.kind is not PrincipalKind.WEB_IDENTITY])
    return asked, allowed(asked, by_trust), lambda request: decide(request, by_trust)


def witness(chance: random.Random, asked: SymbolicRequest, on: Iterable[str] = ASKED) -> Witness:
    """Any values at all for the variables of a request."""
    texts: dict[str, str | tuple[str, ...]] = {"resource": chance.choice([*on]), "session": chance.choice(["one", "two"])}
    values = {asked.action: chance.choice(asked.actions)}
    flags = {}
    if isinstance(asked.principal.arn, TextValue):
        texts[asked.principal.arn.variable] = chance.choice(
            ["trainer", "path/b", "ann", "logging.s3.amazonaws.com", "z", *PROVIDERS_AND_SERVICES]
        )
    if isinstance(asked.principal.canonical_user, TextValue):
        texts[asked.principal.canonical_user.variable] = chance.choice(["79a5", "ann", "z"])
    for state in asked.keys.values():
        match state:
            case FreeText(there, text) if text.variable not in texts:
                texts[text.variable] = chance.choice(TEXTS)
            case FreeValue(there, variable, domain):
                values[variable] = chance.choice(domain)
            case FreeTextOrList(there, several, text, variable):
                texts[text.variable], flags[several.name] = chance.choice(TEXTS), chance.random() < 0.3
                texts[variable] = tuple(chance.choice(TEXTS) for _ in range(2))
            case FreeList(there, variable):
                texts[variable] = tuple(chance.choice(TEXTS) for _ in range(chance.randint(1, 2)))
            case _:
                continue
        if isinstance(there, Flag):
            flags[there.name] = chance.random() < 0.6
    return Witness(texts, values, flags)
