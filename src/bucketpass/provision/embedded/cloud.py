"""The endpoint as the engine uses it: handlers and functions, called with the clients of the right Region, patiently."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bucketpass.errors import ProvisionError, RequestError
from bucketpass.provision.embedded import rgw
from bucketpass.provision.embedded.diff import same_value
from bucketpass.provision.embedded.endpoint import Endpoint, RegionClients
from bucketpass.provision.embedded.existing import existing_resource, is_unset
from bucketpass.provision.embedded.resources import functions
from bucketpass.provision.embedded.resources.calls import error_code
from bucketpass.provision.embedded.resources.interface import Handler, Made, Property, ReadsByOwner
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.shared import SharedSetting
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import Properties, Value, has_unknown, known, reveal, table

__all__ = ["Cloud", "Places", "ProviderSettings", "ResourceType", "Sleep"]

T = TypeVar("T")
Sleep = Callable[[float], None]

# What an AWS-like endpoint answers while something that was just made is not yet known everywhere: code, part of the message,
# evidence. [A] IAM User Guide, "Changes that I make are not always immediately visible"; [L] the messages.
NOT_YET = (
    ("MalformedPolicy", "Invalid principal", "L"),
    ("MalformedPolicyDocument", "Invalid principal", "L"),
    ("MalformedPolicyDocumentException", "Invalid principal", "L"),
    ("MalformedPolicyDocumentException", "invalid principals", "L"),
    ("OperationAborted", "conflicting conditional operation", "L"),
    ("ConcurrentModification", "", "A"),
)
WAIT_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What a provider resource says of its resources: their Region and the tags that all of them get."""

    region: str
    default_tags: Properties = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: Properties, region: str) -> ProviderSettings:
        """What the inputs of an `aws.Provider` say; `region` where they say nothing."""
        given = known(inputs)
        named, defaults = given.get("region"), given.get("defaultTags")
        # pulumi-aws hands nested properties of a provider over as JSON text.
        tags = table({"defaults": json.loads(defaults) if isinstance(defaults, str) else defaults}, "defaults").get("tags")
        return cls(named if isinstance(named, str) else region, tags if isinstance(tags, Mapping) else {})


class Cloud:
    """An endpoint, whose clients are made once for each Region and kept. `sleep` is a parameter so that a test need not wait."""

    def __init__(self, endpoint: Endpoint, sleep: Sleep = time.sleep) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        self._lock = threading.Lock()
        self._clients: dict[str, RegionClients] = {}

    def clients(self, region: str) -> RegionClients:
        """The clients of a Region."""
        with self._lock:
            return self._clients.setdefault(region, RegionClients(self.endpoint, region))

    def check(self) -> None:
        """The endpoint answers, and knows the key: found out before anything is begun."""
        _ = self.clients(self.endpoint.region).identity

    def close(self) -> None:
        """No connection is left open."""
        with self._lock:
            for clients in self._clients.values():
                clients.close()

    def warm(self) -> None:
        """The clients that nearly every program needs are made."""
        clients = self.clients(self.endpoint.region)
        _ = clients.iam, clients.s3

    def patiently(self, call: Callable[[], T]) -> T:
        """What `call` returns, tried again while the endpoint says that it does not know yet what was just made."""
        for seconds in WAIT_SECONDS:
            try:
                return call()
            except Exception as error:
                code, message = error_code(error), str(error)
                if not any(code == known_code and part in message for known_code, part, _ in NOT_YET):
                    raise
            self._sleep(seconds)
        return call()


class Places:
    """Where the resources of one run are made: the default place, and those that provider resources name."""

    def __init__(self, cloud: Cloud, state: StackState, settings: Properties | None = None, *, mark: str = "") -> None:
        """settings: the inputs of the default provider, as the stack's configuration has them."""
        self._cloud = cloud
        self._mark = mark
        self._settings = settings or {}
        self._state = state
        self._lock = threading.Lock()
        self._providers: dict[str, ResourceState] = {}

    def note_provider(self, provider: ResourceState) -> None:
        """Resources that name `provider` from now on are made where it says."""
        with self._lock:
            self._providers[provider.urn] = provider

    def kind(self, token: str, provider: str) -> ResourceType:
        """A type of resource at the place that the URN `provider` names; empty: the default."""
        return ResourceType(self._cloud, handler_of(token), self._around(provider), self._mark)

    def invoke(self, token: str, arguments: Properties, provider: str) -> Properties:
        """What a function returns there."""
        return functions.invoke(self._cloud.clients(self._around(provider).region), token, known(arguments))

    def _around(self, provider: str) -> ProviderSettings:
        with self._lock:
            resource = self._providers.get(provider) or self._state.live.get(provider)
        default = ProviderSettings.of(self._settings, self._cloud.endpoint.region)
        return default if resource is None else ProviderSettings.of(resource.inputs, default.region)

    def check_account(self, settings: Properties, where: str) -> None:
        """Raise `ProvisionError` if a provider's settings do not allow the endpoint's account."""
        allowed, forbidden = (_listed(settings, f"{name}AccountIds") for name in ("allowed", "forbidden"))
        if not allowed and not forbidden:
            return
        account = self._cloud.clients(self._cloud.endpoint.region).account
        if (allowed and account not in allowed) or account in forbidden:
            raise ProvisionError(
                f"{where} does not allow the account {account} of this endpoint (allowed: {', '.join(allowed) or 'any'}; "
                f"forbidden: {', '.join(forbidden) or 'none'})",
                remedy="Choose the target with --to, or change `allowedAccountIds`.",
            )


def _listed(settings: Properties, name: str) -> list[str]:
    """A list in a provider's settings, which may be JSON text there."""
    value = reveal(settings.get(name))
    found = json.loads(value) if isinstance(value, str) else value
    return [str(item) for item in found] if isinstance(found, Sequence) else []


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource at a place: the handler's calls, with the clients of the resource's Region.

    mark: what the names of the stack's own parts begin with in settings that others write too; empty where it has none.
    """

    cloud: Cloud
    handler: Handler
    around: ProviderSettings
    mark: str = ""

    @property
    def rules(self) -> tuple[Property, ...]:
        """The rules of its properties."""
        fixed: frozenset[str] = frozenset()
        if self.cloud.endpoint.dialect == "rgw":
            fixed = rgw.UNCHANGEABLE.get(self.handler.tokens[0], fixed)
        return tuple(replace(rule, replace=True) if rule.name in fixed else rule for rule in self.handler.properties)

    @property
    def late(self) -> frozenset[str]:
        """The inputs that are set by a later call than the one that makes the resource."""
        late = {rule.name for rule in self.rules if rule.late}
        return frozenset(late | {"tagsAll"} if "tags" in late else late)

    def check_nested(self, wanted: Properties) -> None:
        """Raise `RequestError` for a nested property that the type does not have."""
        self.handler.check(self._clients(wanted), wanted)

    def find(self, wanted: Properties) -> str | None:
        """The ID that `wanted` has or would have, where that can be said."""
        try:
            return self.handler.find(self._clients(wanted), known(wanted))
        except RequestError:
            if any(has_unknown(wanted.get(rule.name)) for rule in self.rules):
                return None  # in a preview, what it follows from is yet to be made
            raise

    def refuse_existing(self, wanted: Properties) -> None:
        """Raise `ProvisionError` if making `wanted` would take over what is there, or what is there cannot be merged with it."""
        identifier, shared = self.find(wanted), self.handler.shared
        if identifier is None or (shared is not None and has_unknown(wanted.get(shared.property))):
            return
        if self.shares(wanted):
            self._merged(wanted)
            return
        found = self.read(identifier, wanted)
        if found is not None and not is_unset(self.handler.tokens[0], found):
            raise existing_resource(self._clients(wanted), self.handler.tokens[0], identifier, found)

    def shares(self, inputs: Properties) -> bool:
        """Return whether others also write the setting, so that only its marked parts belong to the stack."""
        return self._shared(inputs) is not None

    def _shared(self, inputs: Properties) -> SharedSetting | None:
        shared = self.handler.shared
        return shared if shared is not None and shared.in_inputs(inputs, self.mark) else None

    def own_inputs(self, inputs: dict[str, Value]) -> dict[str, Value]:
        """Return the inputs with only the stack's own parts of a setting that others write as well."""
        shared = self._shared(inputs)
        return inputs if shared is None else shared.own_alone(inputs, self.mark)

    def create(self, wanted: Properties) -> Made:
        """`wanted` exists."""
        return self.cloud.patiently(lambda: self.handler.create(self._clients(wanted), self._merged(wanted)))

    def read(self, identifier: str, wanted: Properties) -> Properties | None:
        """All that is known of a resource, or None where there is none. Of a shared setting: of the stack's own parts."""
        found, shared = self.live(identifier, wanted), self._shared(wanted)
        if found is None or shared is None:
            return found
        return shared.own_alone(found, self.mark) if shared.in_inputs(found, self.mark) else None

    def live(self, identifier: str, wanted: Properties) -> Properties | None:
        """All that is known of a resource, with what others wrote into it; None where there is none."""
        if isinstance(self.handler, ReadsByOwner):
            return self.handler.read_of(self._clients(wanted), identifier, known(wanted))
        return self.handler.read(self._clients(wanted), identifier)

    def update(self, old: ResourceState, new: Properties) -> Mapping[str, Value]:
        """The resource is as `new` says."""
        return self.cloud.patiently(lambda: self.handler.update(self._clients(new), old.id, known(old.inputs), self._merged(new)))

    def delete(self, last: ResourceState) -> None:
        """The resource is gone; of a shared setting the stack's own parts are."""
        clients, shared = self._clients(last.outputs), self._shared(last.inputs)
        live = None if shared is None else self.handler.read(clients, last.id)
        left = None if shared is None or live is None else shared.foreign(live[shared.property], self.mark)
        if shared is None or (live is not None and left is None):
            self.cloud.patiently(lambda: self.handler.delete(clients, last.id, known(last.inputs)))
        elif live is not None and not same_value(left, live[shared.property], self._rule(shared)):
            self.cloud.patiently(lambda: self.handler.update(clients, last.id, live, {**known(last.inputs), **live, shared.property: left}))

    def foreign_parts(self, last: ResourceState) -> tuple[str, list[str]]:
        """Return what the parts of a shared setting are called, and the names of those that others wrote."""
        shared = self._shared(last.inputs)
        live = None if shared is None else self.live(last.id, last.outputs)
        return ("", []) if shared is None or live is None else (shared.parts, shared.foreign_names(live[shared.property], self.mark))

    def clients_of(self, state: ResourceState) -> RegionClients:
        """The clients of the Region that the resource is in."""
        return self._clients(state.outputs)

    def _merged(self, wanted: Properties) -> dict[str, Value]:
        """The inputs as they are sent: of a shared setting, with the parts that others have there at this moment."""
        sent, shared = known(wanted), self._shared(wanted)
        if shared is not None:
            identifier = self.handler.find(self._clients(wanted), sent)
            live = (None if identifier is None else self.handler.read(self._clients(wanted), identifier)) or {}
            sent = {**live, **sent, shared.property: shared.merged(live.get(shared.property), sent[shared.property], self.mark)}
        return sent

    def _rule(self, shared: SharedSetting) -> Property:
        return next(rule for rule in self.rules if rule.name == shared.property)

    def _clients(self, properties: Properties) -> RegionClients:
        region = properties.get("region")
        return self.cloud.clients(region if isinstance(region, str) else self.around.region)
