"""What is deployed: the one module that knows moto, which holds IAM, KMS and the buckets' settings.

`State` reads moto's backends into values and hands requests on to moto's own handlers (without its web server). moto
decides nothing here: whatever reaches it has passed the guard.

moto 5.2.5: the fields that are read are held by `tests/unit/sandbox/test_state.py`.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

from moto.backends import get_backend
from moto.core.request import Request
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket
from werkzeug.exceptions import HTTPException

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.sandbox.journal import ChangeJournal, StateChange
from bucketpass.sandbox.stored_bucket import LogTarget, StoredBucket, StoredObjectLock, stored_bucket
from bucketpass.sandbox.stored_iam import AccessKey, Entity, StoredIam, StoredPolicies, StoredProvider, StoredRole
from bucketpass.wire.server import ServerResponse

__all__ = [
    "AccessKey",
    "Entity",
    "State",
    "StoredKey",
    "StoredPolicies",
    "StoredProvider",
    "StoredRole",
    "UnusableRequest",
]

SERVICES = ("iam", "s3", "kms", "sts", "s3control")
# Where moto looks for a service whose host begins with the account.
_HOSTS = {"s3control": "{account}.s3-control"}


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A KMS key. `usable` is False where it is disabled or about to be deleted."""

    arn: str
    policy: str
    usable: bool
    state: str
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def account(self) -> str:
        """The account that the key is in."""
        parts = Arn.parse(self.arn)
        return parts.account if parts is not None else ""


_MOTOS_PERMISSION = FakeBucket.get_permission


class UnusableRequest(Exception):
    """moto takes what it needs for granted, and breaks where a parameter or an element is missing or is something else."""


class _World:
    """What the accounts and Regions of a sandbox have in common. `account` and `region` are those that it is started with."""

    def __init__(self, account: str, region: str, journal: ChangeJournal | None) -> None:
        self.account, self.region = account, region
        self.journal = journal
        self.generation = 0
        self.lock = threading.RLock()
        self.buckets: dict[str, tuple[int, StoredBucket]] = {}
        self.states: dict[tuple[str, str], State] = {}


class State(StoredIam):
    """The state of one account in one Region: as the journal says, empty without one; `of` leads to other accounts and Regions.

    IAM and the names of buckets are the same in every Region; KMS keys are of one.

    `generation` grows with every request that may have changed something anywhere, so that whoever remembers what it read knows
    when to forget.
    """

    def __init__(self, account: str, region: str, journal: ChangeJournal | None = None) -> None:
        self.account = account
        self.region = region
        self.partition = partition_of_region(region).name
        self._world = _World(account, region, journal)
        self._world.states[account, region] = self
        # SECURITY: moto would apply a bucket policy's Deny without its conditions and principals; `decide` judges, nobody else.
        FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
        self._forget()
        for change in journal.changes() if journal is not None else ():
            self._apply(change)

    @property
    def generation(self) -> int:
        """How often something may have changed."""
        return self._world.generation

    @property
    def accounts(self) -> tuple[State, ...]:
        """Every account of the sandbox in this Region, the first one first."""
        return tuple(self.of(account) for account in dict.fromkeys(account for account, _ in tuple(self._world.states)))

    def of(self, account: str, region: str = "") -> State:
        """Return the state of this account, which exists from then on, in that Region; by default in this one."""
        region = region or self.region
        found = self._world.states.get((account, region))
        if found is None:
            found = copy(self)
            found.account, found.region = account, region
            self._world.states[account, region] = found
        return found

    def has_region(self, region: str) -> bool:
        """True of each Region of this partition that moto knows."""
        return region == self._world.region or (
            partition_of_region(region).name == self.partition and region in get_backend("kms")[self.account]
        )

    def known(self, account: str) -> State | None:
        """Return the state of this account in this Region where the sandbox has the account."""
        return self.of(account) if any(account == known for known, _ in tuple(self._world.states)) else None

    def reset(self) -> None:
        """Nothing is deployed, and the journal is empty."""
        with self._world.lock:
            if self._world.journal is not None:
                self._world.journal.clear()
            self._forget()

    def _forget(self) -> None:
        with self._world.lock:
            for service in SERVICES:
                get_backend(service).reset()
            self._world.generation += 1

    def close(self) -> None:
        """moto is as it was before, for whoever else uses it in this process."""
        self._forget()
        FakeBucket.get_permission = _MOTOS_PERMISSION

    # ---- reading

    def access_point(self, name: str) -> str | None:
        """The name of the bucket of an access point of this account; None where there is none of that name."""
        found = get_backend("s3control")[self.account][self.partition].access_points[self.account].get(name)
        return None if found is None else str(found.bucket)

    @property
    def _iam(self) -> Any:
        return get_backend("iam")[self.account][self.partition]

    @property
    def _s3(self) -> Any:
        return get_backend("s3")[self.account][self.partition]

    @property
    def _kms(self) -> Any:
        return get_backend("kms")[self.account][self.region]

    def key_of_ciphertext(self, blob: bytes) -> str:
        """The ID of the KMS key that encrypted `blob`, which moto writes in front of it."""
        return blob[:36].decode("ascii", "replace")

    def bucket(self, name: str) -> StoredBucket | None:
        """The settings of the bucket of this name, whichever account has it."""
        known = self._world.buckets.get(name)
        generation = self.generation
        if known is not None and known[0] == generation:
            return known[1]
        backends = get_backend("s3")
        partition, account = backends.bucket_accounts.get(name, (self.partition, self.account))
        found = backends[account][partition].buckets.get(name)
        if found is None:
            return None
        bucket = stored_bucket(found)
        self._world.buckets[name] = generation, bucket
        return bucket

    def bucket_names(self) -> tuple[tuple[str, datetime, str], ...]:
        """The names of the account's buckets in order, with the time at which each was created and its Region."""
        held = tuple(self._s3.buckets.items())
        return tuple(sorted((name, bucket.creation_date.replace(tzinfo=UTC), bucket.region_name) for name, bucket in held))

    def key(self, key_id: str) -> StoredKey | None:
        """The KMS key of this Region that an ID, an ARN or an alias names; an ARN may be of another account."""
        arn = Arn.parse(key_id)
        if arn is not None and arn.region != self.region:
            return None
        if arn is not None and arn.account != self.account:
            other = self.known(arn.account)
            return other.key(key_id) if other is not None else None
        kms = self._kms
        name = (arn.resource if arn is not None else key_id).removeprefix("key/")
        if name.startswith("alias/"):
            aliases = (alias for key in tuple(kms.keys.values()) for alias in tuple(key.aliases.values()) if alias.alias_name == name)
            alias = next(aliases, None)
            name = alias.target_key_id if alias else ""
        found = kms.keys.get(name)
        if found is None or (arn is not None and "alias/" not in key_id and found.arn != key_id):
            return None
        tags = kms.tagger.get_tag_dict_for_resource(found.id)
        return StoredKey(found.arn, found.policy, found.enabled and found.key_state == "Enabled", found.key_state, tags)

    def key_of_arn(self, text: str) -> StoredKey | None:
        """The KMS key of this ARN, in whichever account and Region."""
        arn = Arn.parse(text)
        return self.of(self.account, arn.region).key(text) if arn is not None and self.has_region(arn.region) else None

    # ---- changing

    def create_bucket(
        self, name: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes, *, ownership: str, tags: Mapping[str, str]
    ) -> ServerResponse:
        """Return moto's answer to CreateBucket. A new bucket then has what AWS gives one, and `tags`: in one change.

        Raises UnusableRequest.
        """
        settings = {"name": name, "ownership": ownership, "tags": json.dumps(dict(tags))}
        response = self._change("create_bucket", **settings, **_asked("s3", "PUT", target, headers, body))
        assert response is not None  # noqa: S101 - for the type checker; every forwarded request is answered
        return response

    def _create_bucket(self, name: str, ownership: str, tags: str, **asked: str) -> ServerResponse:
        is_new = self._s3.buckets.get(name) is None
        response = self._forward(**asked)
        if is_new and response.status == 200:
            self._make_secure(name, ownership)
            if wanted := json.loads(tags):
                self._s3.put_bucket_tagging(name, wanted)
        return response

    def _make_secure(self, name: str, ownership: str) -> None:
        """Since April 2023: Block Public Access, SSE-S3, and `ownership` of its objects."""
        s3 = self._s3
        switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(name, dict.fromkeys(switches, "true"))
        s3.put_bucket_ownership_controls(name, ownership)
        s3.put_bucket_encryption(name, {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}})

    def create_user(self, name: str, boundary: str, headers: tuple[tuple[str, str], ...], body: bytes) -> ServerResponse:
        """Return moto's answer to CreateUser; the user then has `boundary`, an ARN or nothing. Raises UnusableRequest."""
        response = self._change("create_user", name=name, boundary=boundary, **_asked("iam", "POST", "/", headers, body))
        assert response is not None  # noqa: S101 - for the type checker; every forwarded request is answered
        return response

    def _create_user(self, name: str, boundary: str, **asked: str) -> ServerResponse:
        response = self._forward(**asked)
        if response.status >= 400:
            return response
        made, unique_id = self._complete_user(name, boundary)
        body = b"".join(response.blocks()).replace(made.encode(), unique_id.encode())
        return ServerResponse(response.status, response.headers, body)

    def set_user_boundary(self, name: str, arn: str) -> None:
        """The user has this permissions boundary; an empty `arn` takes it away."""
        self._change("set_user_boundary", name=name, arn=arn)

    def change_client_id(self, arn: str, client_id: str, *, add: bool) -> None:
        """The provider takes, or no longer takes, tokens for this audience. moto has no such operation."""
        self._change("change_client_id", arn=arn, client_id=client_id, add=add)

    def _change_client_id(self, arn: str, client_id: str, *, add: bool) -> None:
        provider = self._iam.get_open_id_connect_provider(arn)
        kept = [known for known in provider.client_id_list if known != client_id]
        provider.client_id_list = [*kept, client_id] if add else kept

    def set_log_target(self, name: str, target: LogTarget | None) -> None:
        """The bucket's access log is said to go there."""
        self._change("set_log_target", name=name, **({"bucket": target.bucket, "prefix": target.prefix} if target else {}))

    def _set_log_target(self, name: str, bucket: str = "", prefix: str = "") -> None:
        # Not where moto keeps it, which would then write logs of its own among objects that nobody sees.
        self._s3.get_bucket(name).access_log = LogTarget(bucket, prefix) if bucket else None

    def set_lifecycle(self, name: str, configuration: str) -> None:
        """The bucket has this lifecycle configuration, as XML; empty: none. moto does not keep all of a rule."""
        self._change("set_lifecycle", name=name, configuration=configuration)

    def _set_lifecycle(self, name: str, configuration: str) -> None:
        self._s3.get_bucket(name).lifecycle_configuration = configuration

    def set_event_bridge(self, name: str, *, on: bool) -> None:
        """The bucket's events are said to go to EventBridge, or not."""
        self._change("set_event_bridge", name=name, on=on)

    def _set_event_bridge(self, name: str, on: bool) -> None:
        self._s3.get_bucket(name).event_bridge = on

    def set_object_lock(self, name: str, lock: StoredObjectLock) -> None:
        """The bucket has this lock, which it never loses again. moto does not take one for a bucket that was made without."""
        self._change("set_object_lock", name=name, mode=lock.mode or "", days=lock.days, years=lock.years)

    def _set_object_lock(self, name: str, mode: str, days: int, years: int) -> None:
        bucket = self._s3.get_bucket(name)
        bucket.object_lock_enabled = True
        bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years

    def forward(
        self, service: str, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes, *, changes: bool
    ) -> ServerResponse:
        """moto's answer to a request that the guard let through. S3's targets are in path style. Raises UnusableRequest."""
        asked = _asked(service, method, target, headers, body)
        if not changes:
            return self._forward(**asked)
        response = self._change("forward", **asked)
        assert response is not None  # noqa: S101 - for the type checker; every forwarded request is answered
        return response

    def _forward(self, service: str, method: str, target: str, headers: str, body: str) -> ServerResponse:
        host = _HOSTS.get(service, service).format(account=self.account)
        url = f"http://{host}.{self.region}.amazonaws.com{'.cn' if self.partition == 'aws-cn' else ''}{target}"
        request = Request.from_primitives(method, url, {**json.loads(headers), "x-moto-account-id": self.account}, b64decode(body))
        with self._world.lock:
            self._know_aws_policies(unquote(b64decode(body).decode("utf-8", "replace")) if service == "iam" else "")
            try:
                status, received, content = _handler(service, target)(request, request.raw_url, request.headers)
            except HTTPException as refused:
                status, received, content = refused.code or 500, dict(refused.get_headers()), refused.get_body()
            except (AttributeError, LookupError, TypeError, ValueError, ExpatError) as broken:
                raise UnusableRequest(f"moto cannot use this request: {type(broken).__name__}") from broken
        data = content.encode() if isinstance(content, str) else bytes(content or b"")
        kept = [(name, str(value)) for name, value in dict(received).items() if name.lower() not in _NOT_RETURNED]
        return ServerResponse(int(status), kept, data)

    def _change(self, kind: str, **arguments: str | int) -> ServerResponse | None:
        """The change is written down and made. What failed changed nothing and is not. Raises OSError where it cannot be written down."""
        # SECURITY: moto's names and keys come from a generator that can be foreseen, unless it is seeded anew each time.
        world = self._world
        own = {"account": self.account} if self.account != world.account else {}
        own |= {"region": self.region} if self.region != world.region else {}
        change = StateChange(kind, secrets.randbits(256), {**arguments, **own})
        with self._world.lock:
            if self._world.journal is None:
                return self._apply(change)
            self._world.journal.append(change)
            try:
                response = self._apply(change)
            except BaseException:
                self._world.journal.withdraw()
                raise
            if response is not None and response.status >= 400:
                self._world.journal.withdraw()
        return response

    def _apply(self, change: StateChange) -> ServerResponse | None:
        mock_random.seed(change.seed)
        arguments = dict(change.arguments)
        state = self.of(str(arguments.pop("account", self._world.account)), str(arguments.pop("region", self._world.region)))
        try:
            return state._changes[change.kind](**arguments)
        finally:
            self._world.generation += 1

    @property
    def _changes(self) -> dict[str, Callable[..., ServerResponse | None]]:
        return {
            "forward": self._forward,
            "create_bucket": self._create_bucket,
            "change_client_id": self._change_client_id,
            "create_user": self._create_user,
            "set_user_boundary": self._set_user_boundary,
            "set_event_bridge": self._set_event_bridge,
            "set_lifecycle": self._set_lifecycle,
            "set_log_target": self._set_log_target,
            "set_object_lock": self._set_object_lock,
        }


def _asked(service: str, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> dict[str, str]:
    sent = {name: value for name, value in headers if name.lower() not in _NOT_FORWARDED}
    return {"service": service, "method": method, "target": target, "headers": json.dumps(sent), "body": b64encode(body).decode()}


# SECURITY: x-moto-account-id would choose another account; the others are about the connection, of a signature that has been
# checked or of a body that has been decoded.
_NOT_FORWARDED = frozenset(
    {
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-md5",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "x-amz-trailer",
        "x-moto-account-id",
    }
)
_NOT_RETURNED = frozenset({"status", "content-length", "connection", "transfer-encoding"})


@lru_cache(maxsize=8)
def _routes(service: str) -> tuple[tuple[re.Pattern[str], Any], ...]:
    backends: Any = get_backend(service)
    regions = backends["123456789012"]
    backend = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
    return tuple((re.compile(pattern), handler) for pattern, handler in backend.urls.items())


def _handler(service: str, target: str) -> Any:
    host = _HOSTS.get(service, service).format(account="000000000000")
    url = f"http://{host}.us-east-1.amazonaws.com{target.partition('?')[0]}"
    return next(handler for pattern, handler in _routes(service) if pattern.match(url))
