"""AssumeRoleWithWebIdentity with tokens that are signed on the spot; what depends on claims and trust alone through `decide` too."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeyParameters, RSAKey
from tests.recorded.conditions import document
from tests.recorded.wire import ACCOUNT, Wire

from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.policy import parse_policy

Row = Mapping[str, Any]

_ISSUER = "https://issuer.example"
_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"
_CLIENT_IDS = ("client-a", "client-b")
_ACTIONS = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_TIMES = ("iat", "exp", "nbf")
_SECONDS = 43200


class Tokens:
    """An issuer with a key for each algorithm, its provider, and a role for each trust policy."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._keys: dict[str, RSAKey | ECKey] = {}
        issuer = wire.sandbox.issuers.add("recorded", _ISSUER)
        for algorithm in ("RS256", "RS384", "RS512", *_CURVES):
            parameters: KeyParameters = {"kid": algorithm}
            curve = _CURVES.get(algorithm)
            key = ECKey.generate_key(curve, parameters) if curve else RSAKey.generate_key(2048, parameters)
            self._keys[algorithm] = key
            issuer.keys[algorithm] = [key]
        client_ids = {f"ClientIDList.member.{number}": name for number, name in enumerate(_CLIENT_IDS, 1)}
        wire.iam("CreateOpenIDConnectProvider", Url=_ISSUER, **client_ids)
        self._roles: set[str] = set()

    @staticmethod
    def takes(row: Row) -> bool:
        return {"claims", "outcome"} <= set(row)

    def expected(self, row: Row) -> str:
        return str(row["outcome"])

    def asked(self, row: Row) -> str:
        return str(row.get("name", json.dumps(row["claims"])))

    def answers(self, row: Row) -> Iterator[tuple[str, str]]:
        statements = row.get("trust_statements") or [{"Effect": "Allow", "Principal": {"Federated": _PROVIDER}, "Action": _ACTIONS}]
        trust = document(*statements)
        parameters = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/probe", "RoleSessionName": "probe-session"}
        parameters |= {name: str(value) for name, value in row.get("parameters", {}).items()}
        yield "http", self._over_http(row, trust, parameters)
        if _for_decide(row):
            yield "decide", _decide(row, trust, parameters)

    def _over_http(self, row: Row, trust: str, parameters: Mapping[str, str]) -> str:
        name = parameters["RoleArn"].rpartition("/")[2]
        if name not in self._roles:
            self._wire.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=str(_SECONDS))
            self._roles.add(name)
        self._wire.iam("UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=trust)
        token = {"WebIdentityToken": self._token(row)}
        return self._wire.call("sts", "AssumeRoleWithWebIdentity", {**parameters, **token}, None).code or "ok"

    def _token(self, row: Row) -> str:
        now = int(time.time())
        algorithm = row.get("alg", "RS256")
        header = row.get("header") or {"alg": algorithm, "kid": algorithm}
        claims = {name: _moment(value, now) if name in _TIMES else value for name, value in row["claims"].items()}
        text = json.dumps(claims)
        if "payload_text" in row:
            text = re.sub(r'("(?:iat|exp|nbf)":\s*)(-?\d+)', lambda found: f"{found[1]}{now + int(found[2])}", row["payload_text"])
        registry = jws.JWSRegistry(algorithms=list(self._keys), strict_check_header=False)
        key = self._keys[header["alg"]]
        if "crit" in header:
            # The library signs no header with members that it does not know; the signature of these bytes is the same.
            return _signed(header, text, key)
        return jws.serialize_compact(header, text, key, algorithms=list(self._keys), registry=registry)


def _signed(header: Mapping[str, object], text: str, key: RSAKey | ECKey) -> str:
    from joserfc.util import urlsafe_b64encode

    algorithm = jws.JWSRegistry.algorithms[str(header["alg"])]
    signing_input = b".".join(urlsafe_b64encode(part.encode()) for part in (json.dumps(header), text))
    return b".".join((signing_input, urlsafe_b64encode(algorithm.sign(signing_input, key)))).decode()


def _moment(value: object, now: int) -> object:
    """Seconds from now as a time: a number stays one, and text of digits stays text."""
    if isinstance(value, str):
        return str(now + int(value)) if re.fullmatch(r"-?\d+", value) else value
    return now + value if isinstance(value, int | float) and not isinstance(value, bool) else value


def _for_decide(row: Row) -> bool:
    """Whether the answer depends on nothing but claims, parameters and trust: not on signature, times or the token's text."""
    own = {"header", "payload_text"} & set(row) or "ProviderId" in row.get("parameters", {})
    times = {name: row["claims"].get(name) for name in _TIMES}
    return not own and times == {"iat": -10, "exp": 900, "nbf": None}


def _decide(row: Row, trust: str, parameters: Mapping[str, str]) -> str:
    role = TrustedRole(parameters["RoleArn"], NamedPolicy("trust", parse_policy(trust)), max_session_seconds=_SECONDS)
    provider = TrustedProvider(_PROVIDER, _ISSUER, _CLIENT_IDS)
    seconds = int(parameters.get("DurationSeconds", "3600"))
    request = WebIdentityRequest(_ISSUER, row["claims"], role, provider, parameters["RoleSessionName"], seconds)
    answer = assume_role_with_web_identity(request)
    return "ok" if answer.error is None else answer.error.code
