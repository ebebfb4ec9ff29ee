"""The same declarations, tokens and calls for three judges: what `decide` predicts, what the sandbox and what Ceph's gateway answer.

    python -m tests.engines.agreement --json

A row is one token or one call. The gateway may differ where the dialect lists the difference, and in the direction that its
kind says; every other difference is unexplained, and the run fails.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from botocore.exceptions import ClientError
from tests.declarations import World
from tests.engines.ceph import ceph, missing_programs
from tests.engines.declarations import ADMINISTRATOR, declarations
from tests.engines.issuer import Issuer, issuer
from tests.engines.requests import CALLS, TOKENS, Call, Place, TokenCase, target_of
from tests.engines.site import Site
from tests.identity_providers.tls import Authority

from bucketpass.compile import Target
from bucketpass.compile.dialect import DifferenceKind, dialect_named
from bucketpass.decide import NamedPolicy, PolicySet, decide
from bucketpass.decide.assume_role import RoleSession
from bucketpass.policy import parse_policy
from bucketpass.provision.embedded import Engine, Program, Stack
from bucketpass.requests.request import Connection
from bucketpass.requests.s3 import authorization_requests
from bucketpass.sandbox import Sandbox, SandboxOptions

__all__ = ["Row", "agreement"]

ACCOUNT = "111122223333"
REGION = "us-east-1"
DIALECT = dialect_named("rgw")
GENERATED = 20
SEED = 16
CALLS_OF_A_SERVICE = 12
TOKENS_OF_A_SERVICE = 4
BRIEF_SECONDS = 2


class Row(NamedTuple):
    """One question and its three answers. `difference`: the code of the listed difference that explains the gateway's."""

    declaration: str
    service: str
    asked: str
    where: str
    predicted: bool
    sandbox: bool
    gateway: bool
    difference: str = ""

    @property
    def unexplained(self) -> bool:
        """Whether somebody answers otherwise, and no listed difference says why."""
        return self.sandbox is not self.predicted or (self.gateway is not self.predicted and not self.difference)


@dataclass(frozen=True, slots=True)
class Case:
    """A declaration as it was deployed, who issues its tokens, and where. `administrators`: their S3 clients at both sites."""

    world: World
    issuers: Mapping[str, Issuer]
    sandbox: Site
    gateway: Site
    administrators: tuple[Any, ...]
    draw: random.Random

    @property
    def sites(self) -> tuple[Site, Site]:
        """The two engines, the sandbox first."""
        return self.sandbox, self.gateway

    def row(self, service: str, asked: str, where: str, answers: tuple[bool, bool, bool], difference: str) -> Row:
        """The row; the difference counts only where the gateway differs in the direction that the dialect says."""
        predicted, _, gateway = answers
        kind = DIALECT.difference(difference).kind if difference else DifferenceKind.WORDING
        explains = (kind is DifferenceKind.STRICTER and predicted and not gateway) or (
            kind is DifferenceKind.WEAKER and gateway and not predicted
        )
        return Row(self.world.access.name, service, asked, where, *answers, difference if explains else "")

    def issuer_of(self, service: str) -> Issuer:
        """The issuer of the service's first identity."""
        return self.issuers[self.world.access.services[service].identity[0].issuer]

    def good_claims(self, service: str) -> dict[str, Any]:
        """The claims of a token that the service carries."""
        return self.issuer_of(service).claims(self.world.claims(service))

    def role(self, service: str, site: Site) -> str:
        """The role's ARN at a site."""
        arn = self.world.role(service).arn
        return arn if site.dialect == "aws" else arn.replace(ACCOUNT, "")


def agreement(generated: int = GENERATED, seed: int = SEED) -> list[Row]:
    """All rows of the example and of `generated` declarations that follow from `seed`."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = Authority(folder)
        # Both engines fetch the keys of the issuers on this machine: the sandbox trusts whom this variable names.
        os.environ["SSL_CERT_FILE"] = str(authority.bundle)
        issuers = {name: stack.enter_context(issuer(authority, path=f"/{name}")) for name in ("own", "second")}
        gateway = stack.enter_context(ceph(folder / "ceph", authority))
        sandbox = _site(stack.enter_context(Sandbox(_options())))
        administrators = tuple(site.client("s3") for site in (sandbox, gateway))
        urls = {name: each.url for name, each in issuers.items()}
        rows: list[Row] = []
        both = [declarations(urls, account, generated, seed) for account in (ACCOUNT, "")]
        with Engine(sandbox.endpoint(), Path(sys.executable)) as at_sandbox, Engine(gateway.endpoint(), Path(sys.executable)) as at_gateway:
            for number, (declared, declared_there) in enumerate(zip(*both, strict=True)):
                _deploy(at_sandbox, folder / f"sandbox{number}", declared, {})
                waivers = {"bucketpass:dialect": "rgw", "bucketpass:waivers": json.dumps(DIALECT.waivers)}
                _deploy(at_gateway, folder / f"gateway{number}", declared_there, waivers)
                world = World.of(yaml.safe_dump(declared, allow_unicode=True), Target(ACCOUNT, REGION))
                case = Case(world, issuers, sandbox, gateway, administrators, random.Random(seed + number))
                rows += _rows(case, everything=number == 0)
        return rows


def _options() -> SandboxOptions:
    return SandboxOptions(administrator=f"arn:aws:iam::{ACCOUNT}:{ADMINISTRATOR}", account=ACCOUNT, min_session_seconds=1)


def _site(sandbox: Sandbox) -> Site:
    return Site(sandbox.http_url, sandbox.https_url, sandbox.ca_file, sandbox.admin.access_key_id, sandbox.admin.secret)


def _deploy(engine: Engine, folder: Path, declared: Mapping[str, Any], config: Mapping[str, str]) -> None:
    folder.mkdir()
    file = folder / "access.yaml"
    file.write_text(yaml.safe_dump(declared, allow_unicode=True))
    program = Program.of_access(file)
    result = engine.up(replace(program, config={**program.config, **config}), Stack.of(program))
    if result.exit_code != 0:
        failures = [step.reason for step in result.failed]
        raise RuntimeError(f"{declared.get('name', 'the example')} was not made: {result.error} {result.messages} {failures}")


def _rows(case: Case, *, everything: bool) -> Iterator[Row]:
    for service in case.world.access.services:
        tokens = TOKENS if everything else case.draw.sample(TOKENS, TOKENS_OF_A_SERVICE)
        yield from (_token(case, service, token) for token in tokens)
        yield from _calls(case, service, 200 if everything else CALLS_OF_A_SERVICE)
        if everything:
            yield from _narrowed(case, service)
            yield _brief(case, service)


def _token(case: Case, service: str, token: TokenCase) -> Row:
    """AssumeRoleWithWebIdentity with one token."""
    claims = token.claims(case.good_claims(service))
    predicted = token.genuine and case.world.assume(service, claims).allowed
    text = token.make(case.issuer_of(service), claims)
    answers = [_assumed(case, service, site, text) is not None for site in case.sites]
    return case.row(service, token.name, "AssumeRoleWithWebIdentity", (predicted, answers[0], answers[1]), token.difference)


def _assumed(case: Case, service: str, site: Site, token: str, **parameters: object) -> dict[str, Any] | None:
    """The credentials, or None where STS refuses."""
    sts = site.client("sts", credentials={})
    try:
        answer = sts.assume_role_with_web_identity(
            RoleArn=case.role(service, site), RoleSessionName="session", WebIdentityToken=token, **parameters
        )
    except ClientError:
        return None
    credentials: dict[str, Any] = answer["Credentials"]
    return credentials


def _places(case: Case, service: str) -> list[Place]:
    """Objects inside and outside of the service's grants; all are there, those in `ml` folders with a tag."""
    found = []
    for grant in case.world.access.services[service].grants:
        bucket, prefix = case.world.bucket(grant.bucket).bucket, grant.prefix
        keys = [f"{prefix}object", f"{prefix}ml/object", f"{prefix[:-1]}~/object", f"elsewhere/{prefix}object", prefix or "top"]
        for key in keys:
            other = case.draw.choice([each for each in keys if each != key])
            tags, other_tags = ({"team": "ml"} if "ml/" in each else {} for each in (key, other))
            found.append(Place(bucket, key, other, tags, other_tags))
    return found


@dataclass(slots=True)
class Desk:
    """The clients of one service's session at both sites, and of the administrator, who lays objects in their place."""

    case: Case
    sites: tuple[Site, Site]
    credentials: list[dict[str, Any] | None]
    clients: dict[tuple[int, bool], Any] = field(default_factory=dict)
    laid: set[tuple[str, str]] = field(default_factory=set)

    def ask(self, call: Call, place: Place) -> tuple[bool, bool]:
        """What the sandbox and the gateway answer."""
        self._lay(place)
        if call.changes:
            self.laid -= {(place.bucket, place.key), (place.bucket, place.other)}
        answers = [call.send(self._client(number, plain=call.plain), place) for number in range(2)]
        return answers[0], answers[1]

    def _client(self, number: int, *, plain: bool) -> Any:
        key = (number, plain)
        if key not in self.clients:
            self.clients[key] = self.sites[number].client("s3", plain=plain, credentials=self.credentials[number])
        return self.clients[key]

    def _lay(self, place: Place) -> None:
        for key, tags in ((place.key, place.tags), (place.other, place.other_tags)):
            if (place.bucket, key) not in self.laid:
                tagging = {"Tagging": urllib.parse.urlencode(tags)} if tags else {}
                for administrator in self.case.administrators:
                    administrator.put_object(Bucket=place.bucket, Key=key, Body=b"body", **tagging)
                self.laid.add((place.bucket, key))


def _calls(case: Case, service: str, count: int) -> Iterator[Row]:
    """Calls with a session of the service: as many that should be let through as such that should not, where there are."""
    session, desk = case.world.session(service), _desk(case, service)
    pairs = [(call, place) for call in CALLS for place in _places(case, service) if _is_fair(case, call, place)]
    case.draw.shuffle(pairs)
    judged = [(_predicted(case, service, session, pair), *pair) for pair in pairs]
    allowed, refused = ([row for row in judged if row[0] is wanted] for wanted in (True, False))
    half = min(count // 2, len(allowed))
    for predicted, call, place in (*allowed[:half], *refused[: count - half]):
        yield case.row(service, call.name, f"{place.bucket}/{place.key}", (predicted, *desk.ask(call, place)), call.difference)


def _is_fair(case: Case, call: Call, place: Place) -> bool:
    """Whether the call is about something that is there: a bucket with versions has no version `null`."""
    versioned = next(bucket.declared.versioning for bucket in case.world.plan.buckets if bucket.bucket == place.bucket)
    return not (versioned and call.name.endswith("of a version"))


def _desk(case: Case, service: str, **parameters: object) -> Desk:
    token = case.issuer_of(service).signed(case.good_claims(service))
    return Desk(case, case.sites, [_assumed(case, service, site, token, **parameters) for site in case.sites])


def _predicted(case: Case, service: str, session: RoleSession, pair: tuple[Call, Place], *, policy: NamedPolicy | None = None) -> bool:
    """What `decide` says of every question that the call puts."""
    call, place = pair
    connection = Connection(
        secure=not call.plain,
        tls_version=None if call.plain else "1.3",
        source_ip="127.0.0.1",
        time=datetime.now(UTC),
    )
    requests = authorization_requests(call.asked(place), target_of(place), session.caller, connection)
    return all(decide(request, _layers(case, service, place, policy)).allowed for request in requests)


def _layers(case: Case, service: str, place: Place, policy: NamedPolicy | None) -> PolicySet:
    role = case.world.role(service)
    documents = [*(policy.document for policy in role.policies), *(document for _, document in role.inline)]
    bucket = next(bucket for bucket in case.world.plan.buckets if bucket.bucket == place.bucket)
    return PolicySet(
        identity=tuple(NamedPolicy(f"policy {number}", document.document) for number, document in enumerate(documents)),
        resource=(NamedPolicy("bucket policy", bucket.policy.document),),
        session=None if policy is None else (policy,),
    )


def _narrowed(case: Case, service: str) -> Iterator[Row]:
    """Calls with a session whose policy lets it read one folder and nothing else."""
    bucket = case.world.bucket(case.world.access.services[service].grants[0].bucket)
    folder = f"{bucket.arn}/{case.world.access.services[service].grants[0].prefix}ml/*"
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [folder]}]},
        separators=(",", ":"),
    )
    desk, policy = _desk(case, service, Policy=text), NamedPolicy("session policy", parse_policy(text))
    for call in CALLS[:4]:
        for place in _places(case, service)[:3]:
            predicted = _predicted(case, service, case.world.session(service), (call, place), policy=policy)
            where = f"{place.bucket}/{place.key} with a session policy"
            yield case.row(service, call.name, where, (predicted, *desk.ask(call, place)), call.difference)


def _brief(case: Case, service: str) -> Row:
    """A call after the session's end: a session of seconds, which no SDK asks for, is had by hand."""
    place = _places(case, service)[0]
    token = case.issuer_of(service).signed(case.good_claims(service))
    clients = [site.client("s3", credentials=_by_hand(site, case.role(service, site), token)) for site in case.sites]
    time.sleep(BRIEF_SECONDS + 0.5)
    answers = [_still_works(client, place) for client in clients]
    return case.row(service, "HeadObject", "after the session's end", (False, answers[0], answers[1]), "")


def _still_works(client: Any, place: Place) -> bool:
    try:
        client.head_object(Bucket=place.bucket, Key=place.key)
    except ClientError:
        return False
    return True


def _by_hand(site: Site, role: str, token: str) -> dict[str, str]:
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": "brief",
        "WebIdentityToken": token,
        "DurationSeconds": str(BRIEF_SECONDS),
    }
    request = urllib.request.Request(site.http_url, data=urllib.parse.urlencode(fields).encode())
    with urllib.request.urlopen(request, timeout=10) as reply:
        text = reply.read().decode()
    return {name: text.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}


def main() -> int:
    """The rows are counted and printed; the exit code is 1 where one is unexplained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--generated", type=int, default=GENERATED, help="how many declarations beside the example")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    if absent := missing_programs():
        print(f"Ceph is not installed: there is no `{absent[0]}`", file=sys.stderr)
        return 1
    began = time.monotonic()
    rows = agreement(arguments.generated, arguments.seed)
    unexplained = [row for row in rows if row.unexplained]
    found = {
        "engines_rows": len(rows),
        "engines_unexplained": len(unexplained),
        "engines_explained": sum(bool(row.difference) for row in rows),
        "engines_allowed": sum(row.predicted for row in rows),
        "engines_seconds": round(time.monotonic() - began, 1),
    }
    for row in unexplained:
        print(f"unexplained: {row}", file=sys.stderr)
    print(json.dumps(found) if arguments.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
