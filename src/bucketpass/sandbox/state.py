"""What is deployed: moto holds IAM, KMS and the buckets' settings, and nobody else asks it.

`State` reads moto's backends into values and hands requests on to moto's own handlers (`moto_backends`). moto decides nothing here:
whatever reaches it has been authorized. Until something is stored nothing is asked of moto, so that it need not be imported yet.

moto 5.2.4 and 5.2.5: the fields that are read are held by `tests/unit/sandbox/test_state.py`.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.model.access import Quotas
from bucketpass.sandbox.journal import ChangeJournal, StateChange
from bucketpass.sandbox.stored_bucket import (
    LogTarget,
    StoredAccessPoint,
    StoredBucket,
    StoredObjectLock,
    stored_access_point,
    stored_bucket,
)
from bucketpass.sandbox.stored_iam import AccessKey, Entity, StoredIam, StoredPolicies, StoredProvider, StoredRole
from bucketpass.sandbox.stored_key import StoredKey, stored_key
from bucketpass.sandbox.world import World, recorded_request
from bucketpass.wire.server import ServerResponse

__all__ = [
    "AccessKey",
    "Entity",
    "State",
    "StoredPolicies",
    "StoredProvider",
    "StoredRole",
]


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
        self._world = World(account, region, journal)
        self._world.states[account, region] = self
        for change in journal.changes() if journal is not None else ():
            self._apply(change)

    @property
    def generation(self) -> int:
        """How often something may have changed."""
        return self._world.generation

    @property
    def quotas(self) -> Quotas:
        """The quotas of every account, as the declaration says that AWS has raised them."""
        return self._world.quotas

    @quotas.setter
    def quotas(self, quotas: Quotas) -> None:
        self._world.quotas = quotas

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
            partition_of_region(region).name == self.partition and self._world.load().has_region(self.account, region)
        )

    def known(self, account: str) -> State | None:
        """Return the state of this account in this Region where the sandbox has the account."""
        return self.of(account) if any(account == known for known, _ in tuple(self._world.states)) else None

    def reset(self) -> None:
        """Nothing is deployed, and the journal is empty."""
        with self._world.lock:
            if self._world.journal is not None:
                self._world.journal.clear()
            if self._world.moto is not None:
                self._world.moto.reset()
            self._world.generation += 1

    def prepare(self) -> None:
        """moto is imported, which the first change would else wait for."""
        self._world.load()

    def close(self) -> None:
        """moto is as it was before, for whoever else uses it in this process."""
        with self._world.lock:
            if self._world.moto is not None:
                self._world.moto.give_back()
            self._world.generation += 1

    # ---- reading

    def access_point(self, name: str) -> StoredAccessPoint | None:
        """The access point of this name in this account; None where there is none, or its bucket is gone."""
        found = self._access_points.get(name)
        bucket = self.bucket(found.bucket) if found is not None else None
        return stored_access_point(found, bucket) if bucket is not None else None

    def access_point_of_alias(self, alias: str) -> StoredAccessPoint | None:
        """The access point of this alias, in whichever account."""
        held = ((state, found) for state in self.accounts for found in tuple(state._access_points.values()))
        return next((state.access_point(found.name) for state, found in held if found.alias == alias), None)

    def has_access_points(self, bucket: str) -> bool:
        """True of a bucket that access points of this account are of."""
        return any(found.bucket == bucket for found in tuple(self._access_points.values()))

    @property
    def _access_points(self) -> Mapping[str, Any]:
        return self._world.backend("s3control", self.account, self.partition).access_points.get(self.account, {})  # type: ignore[no-any-return]

    @property
    def _iam(self) -> Any:
        return self._world.backend("iam", self.account, self.partition)

    def _load_aws_policies(self) -> None:
        self._world.load().know_aws_policies(self._iam)

    @property
    def _s3(self) -> Any:
        return self._world.backend("s3", self.account, self.partition)

    @property
    def _kms(self) -> Any:
        return self._world.backend("kms", self.account, self.region)

    def key_of_ciphertext(self, blob: bytes) -> str:
        """The ID of the KMS key that encrypted `blob`, which moto writes in front of it."""
        return blob[:36].decode("ascii", "replace")

    def bucket(self, name: str) -> StoredBucket | None:
        """The settings of the bucket of this name, whichever account has it."""
        known = self._world.buckets.get(name)
        generation = self.generation
        if known is not None and known[0] == generation:
            return known[1]
        if self._world.moto is None:
            return None
        backends = self._world.moto.get_backend("s3")
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
        found = stored_key(self._kms, (arn.resource if arn is not None else key_id).removeprefix("key/"))
        return found if found is None or arn is None or "alias/" in key_id or found.arn == key_id else None

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
        return self._answered("create_bucket", **settings, **recorded_request("s3", "PUT", target, headers, body))

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
        return self._answered("create_user", name=name, boundary=boundary, **recorded_request("iam", "POST", "/", headers, body))

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

    def set_configuration(self, name: str, root: str, configuration: str) -> None:
        """The bucket has this document of the root's name, as XML; empty: none. moto does not keep all of it."""
        self._change("set_configuration", name=name, root=root, configuration=configuration)

    def _set_configuration(self, name: str, root: str, configuration: str) -> None:
        bucket = self._s3.get_bucket(name)
        others = {other: kept for other, kept in getattr(bucket, "configurations", {}).items() if other != root}
        bucket.configurations = {**others, root: configuration} if configuration else others

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
        asked = recorded_request(service, method, target, headers, body)
        if not changes:
            return self._forward(**asked)
        return self._answered("forward", **asked)

    def _forward(self, service: str, method: str, target: str, headers: str, body: str) -> ServerResponse:
        sent = b64decode(body)
        with self._world.lock:
            self._world.load()
            self._know_aws_policies(unquote(sent.decode("utf-8", "replace")) if service == "iam" else "")
            return self._world.answer(service, method, target, json.loads(headers), sent, account=self.account, region=self.region)

    def _answered(self, kind: str, **arguments: str) -> ServerResponse:
        response = self._change(kind, **arguments)
        assert response is not None  # noqa: S101 - for the type checker; every forwarded request is answered
        return response

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
        self._world.load().seed(change.seed)
        arguments = dict(change.arguments)
        state = self.of(str(arguments.pop("account", self._world.account)), str(arguments.pop("region", self._world.region)))
        try:
            return state._changes[change.kind](**arguments)
        finally:
            self._world.generation += 1
            self._world.buckets.clear()

    @property
    def _changes(self) -> dict[str, Callable[..., ServerResponse | None]]:
        return {
            "forward": self._forward,
            "create_bucket": self._create_bucket,
            "change_client_id": self._change_client_id,
            "create_user": self._create_user,
            "set_user_boundary": self._set_user_boundary,
            "set_configuration": self._set_configuration,
            "set_log_target": self._set_log_target,
            "set_object_lock": self._set_object_lock,
        }
