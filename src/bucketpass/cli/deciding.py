"""What `decide` and `explain` have in common: their arguments, and the question that those mean."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bucketpass.cli.declared import add_access, add_target, identity_claims, read_declared, target_of
from bucketpass.cli.policy_files import (
    add_layers,
    add_policies,
    deployment_of_access,
    deployment_of_files,
    extra_layers,
    has_policies,
    session_policies,
)
from bucketpass.clock import SystemClock
from bucketpass.compile import Target
from bucketpass.decide.ownership import ObjectOwnership
from bucketpass.decide.web_identity import TAGS_CLAIM
from bucketpass.deployment.calls import DescribedCall, call_of, role_named, with_role_of_token
from bucketpass.errors import RequestError
from bucketpass.identity.token import TokenFault, read_token
from bucketpass.requests.request import Connection
from bucketpass.requests.s3 import S3Call

__all__ = ["add_arguments", "settle"]

STANDARD_INPUT = "-"


def add_arguments(parser: argparse.ArgumentParser, *, or_code: bool = False) -> None:
    """The arguments that the two commands share. `or_code`: the first may stand alone, as the code of a finding."""
    code = "; or alone, the code of a finding" if or_code else ""
    nargs = "?" if or_code else None
    parser.add_argument(
        "who", metavar="SERVICE|CODE" if or_code else "SERVICE", help=f"a declared service, or the name or ARN of a role{code}"
    )
    parser.add_argument(
        "verb", nargs=nargs, metavar="VERB", help="get, head, put, upload, delete, list, copy, or an S3 operation such as GetObjectTagging"
    )
    parser.add_argument("uri", nargs=nargs, metavar="S3_URI", help="s3://BUCKET/KEY; for `list` the key is the prefix")
    add_access(parser)
    add_target(parser)
    parser.add_argument("--deployed", metavar="WHERE", help="decide by what is deployed: sandbox, aws, or the URL of an endpoint")
    token = parser.add_mutually_exclusive_group()
    token.add_argument("--token", metavar="FILE", help="a token (JWT) or its claims (JSON); - reads standard input")
    token.add_argument("--claims", metavar="JSON", help="the token's claims, written out")
    token.add_argument(
        "--identity", type=int, metavar="N", help="a token of this identity of the service, from 0 on (default: 0 of what is declared)"
    )
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="a session tag that the token sets; repeat it")
    parser.add_argument("--source", metavar="S3_URI", help="what `copy` reads")
    parser.add_argument("--version-id", metavar="ID", help="the version of the object")
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="a header of the call; repeat it")
    parser.add_argument("--context", action="append", default=[], metavar="KEY=VALUE", help="a condition key of the request; repeat it")
    parser.add_argument("--plain-http", action="store_true", help="the call is made without TLS")
    parser.add_argument(
        "--object-ownership",
        choices=[one.value for one in ObjectOwnership],
        default=ObjectOwnership.BUCKET_OWNER_ENFORCED.value,
        help="the bucket's ownership setting (default: BucketOwnerEnforced, which takes no ACLs)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_policies(parser)
    add_layers(parser)


def settle(arguments: argparse.Namespace) -> DescribedCall:
    """Return the call that the arguments describe."""
    target, access = target_of(arguments), None
    headers = {name.lower(): value for name, value in _pairs(arguments.header, "--header")}
    call = call_of(arguments.verb, arguments.uri, source=arguments.source, headers=headers, version_id=arguments.version_id)
    claims = _claims(arguments)
    if arguments.deployed:
        from bucketpass.deployment.endpoint import read_deployment
        from bucketpass.provision.clients import clients_of

        role_name, claims = _role_of(arguments, target, call, claims)
        with clients_of(arguments.deployed, target.region, os.environ) as clients:
            deployment = read_deployment(clients, role_name, call.bucket, target)
        role = deployment.roles[0]
    elif has_policies(arguments):
        deployment = deployment_of_files(arguments, target, call.bucket)
        role = deployment.roles[0]
    else:
        access = read_declared(arguments.access).access
        deployment = deployment_of_access(access, target)
        role = role_named(deployment, arguments.who)
        if claims is None and role.service is not None:
            claims = identity_claims(access, role.service, arguments.identity or 0)
    claims = _tagged(claims, _pairs(arguments.tag, "--tag"))
    connection = Connection(
        target.region,
        secure=not arguments.plain_http,
        tls_version=None if arguments.plain_http else "1.3",
        time=SystemClock().now(),
        further=dict(_pairs(arguments.context, "--context")),
    )
    extra = replace(extra_layers(arguments), session=session_policies(arguments.session_policy))
    described = DescribedCall(deployment, role, call, claims, connection, ObjectOwnership(arguments.object_ownership), extra, access)
    return with_role_of_token(described) if arguments.who == role.service else described


def _role_of(
    arguments: argparse.Namespace, target: Target, call: S3Call, claims: Mapping[str, object] | None
) -> tuple[str, Mapping[str, object] | None]:
    """The role that takes the service's token by the declaration, else the role that was named; and the claims of the token."""
    if not arguments.access.is_file():
        if arguments.identity is not None:
            raise RequestError("got --identity, and no declaration that has it", remedy="--access FILE, or --claims JSON")
        return str(arguments.who), claims
    from bucketpass.compile import compile_access
    from bucketpass.deployment.resources import deployment_of

    access = read_declared(arguments.access).access
    if arguments.identity is not None:
        claims = identity_claims(access, arguments.who, arguments.identity)
    deployment = deployment_of(compile_access(access, target))
    role = next((role for role in deployment.roles if role.service == arguments.who), None)
    if role is None:
        return str(arguments.who), claims
    return with_role_of_token(DescribedCall(deployment, role, call, claims)).role.name, claims


def _pairs(written: list[str], option: str) -> list[tuple[str, str]]:
    pairs = []
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RequestError(f"got {option} `{text}`, expected NAME=VALUE")
        pairs.append((name, value))
    return pairs


def _tagged(claims: Mapping[str, object] | None, tags: list[tuple[str, str]]) -> Mapping[str, object] | None:
    """The claims with these session tags beside those that they have, in the flattened form."""
    if tags and claims is None:
        raise RequestError("got `--tag`, and no token that could set it", remedy="--claims or --token")
    return claims if claims is None else {**claims, **{f"{TAGS_CLAIM}/principal_tags/{key}": value for key, value in tags}}


def _claims(arguments: argparse.Namespace) -> Mapping[str, object] | None:
    if arguments.claims is not None:
        return _json_object(arguments.claims, "--claims")
    if arguments.token is None:
        return None
    try:
        text = sys.stdin.read() if arguments.token == STANDARD_INPUT else Path(arguments.token).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"cannot read the token in `{arguments.token}`", remedy="name a file with a JWT or its claims") from error
    text = text.strip()
    return _json_object(text, "the token's file") if text.startswith("{") else unverified_claims(text)


def unverified_claims(text: str) -> Mapping[str, object]:
    """The claims that a JWT carries; nobody has verified its signature. Raises `RequestError` for one that AWS does not take."""
    token = read_token(text)
    if isinstance(token, TokenFault):
        raise RequestError(diagnostics=(token.diagnostic(),))
    return token.claims


def _json_object(text: str, where: str) -> Mapping[str, object]:
    # SECURITY: the text may be a token; no message repeats it.
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(f"{where} is not JSON", remedy="give one JSON object of claims") from None
    if not isinstance(found, dict):
        raise RequestError(f"{where} is not a JSON object", remedy="give one JSON object of claims")
    return found
