"""A program's resources without any endpoint: what it registers, with names and ARNs as AWS would give them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bucketpass.compile import Target
from bucketpass.errors import MissingExtra, Place, ProvisionError
from bucketpass.provision.embedded.deployment import Registered
from bucketpass.provision.embedded.endpoint import Endpoint, RegionClients
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.host import Host
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.program import Program
from bucketpass.provision.embedded.resources import functions
from bucketpass.provision.embedded.values import UNKNOWN, Properties, Value, has_unknown, known
from bucketpass.review.resources import NO_DIGITS, ReviewedResource, short
from bucketpass.secret import Secret

__all__ = ["planned_resources"]

PREVIEW = "Correct the program: `bucketpass preview` in its folder shows the whole traceback."
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>[0-9]+)')
ANSWERED = frozenset(
    {
        "aws:index/getCallerIdentity:getCallerIdentity",
        "aws:index/getRegion:getRegion",
        "aws:index/getPartition:getPartition",
        "aws:iam/getPolicyDocument:getPolicyDocument",
    }
)


def planned_resources(program: Program, stack: str, target: Target) -> list[ReviewedResource]:
    """Return what the program registers in a preview. Raises `ProvisionError` with its own words if it fails.

    Functions that look something up in the account are not answered: what follows from them is unknown.
    """
    try:
        from bucketpass.provision.embedded.monitor import serve
    except ModuleNotFoundError as missing:
        raise MissingExtra("pulumi", missing.name or "pulumi") from None

    messages: list[str] = []

    def listen(event: object) -> None:
        if isinstance(event, Message) and event.severity == "error":
            messages.append(event.text)

    recorder = _Recorder(StackName(program.project, stack), target, program.root)
    listener: Listener = listen
    with Host(program.python) as host, serve(recorder, listener, program.root) as address:  # type: ignore[arg-type]  # it answers as a deployment does
        code = host.run(program, recorder.name, address, listener, dry_run=True)
    if code != 0:
        raise ProvisionError(f"the program ended early, with exit code {code}: {_last_words(messages)}", remedy=PREVIEW)
    return recorder.resources


def _last_words(messages: list[str]) -> str:
    """The program's error in one line: where in the program it was raised, where it says that, and the error itself."""
    lines = [line.strip() for message in messages for line in message.splitlines() if line.strip()]
    raised = next((found for line in reversed(lines) if (found := _FRAME.match(line))), None)
    return (f"{raised['file']}:{raised['line']}: " if raised else "") + (lines[-1] if lines else "it said nothing")


@dataclass
class _Recorder:
    """Answers a program's registrations in the place of a deployment, and keeps them."""

    name: StackName
    target: Target
    root: Path
    resources: list[ReviewedResource] = field(default_factory=list)

    def register(self, goal: Goal) -> Registered:
        """Keep the resource, and answer with what would come of it."""
        urn = self.name.urn(goal.parent, goal.type, goal.name)
        if not goal.custom or goal.type.startswith("pulumi:"):
            return Registered(urn, goal.name, goal.inputs)
        outputs = {**_outputs(goal, self.target), **{name: value for name, value in goal.inputs.items() if value is not None}}
        outputs |= _normalised(goal, outputs)
        if goal.read_id:
            return Registered(urn, goal.read_id, outputs)
        given = known({name: value for name, value in outputs.items() if not has_unknown(value)})
        unknown = frozenset(name for name, value in outputs.items() if has_unknown(value))
        self.resources.append(ReviewedResource(short(goal.type), goal.name, given, _place(goal, self.root), unknown))
        return Registered(urn, str(outputs.get("id", "")), outputs)

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """What a component or the program puts out is of no interest here."""

    def invoke(self, token: str, arguments: Properties, provider: str) -> Properties | None:
        """Return what a function that asks no account returns; None: not known."""
        if token not in ANSWERED:
            return None
        clients = RegionClients(Endpoint("", self.target.region, "", Secret("")), self.target.region)
        clients.__dict__["identity"] = {"Account": self.target.account, "Arn": "", "UserId": ""}
        return functions.invoke(clients, token, known(arguments))

    def finish(self) -> None:
        """The program has come to its end."""


def _place(goal: Goal, root: Path) -> Place:
    file, _, line = goal.position.partition(":")
    here = os.path.relpath(root / file)
    return Place(here, int(line), path=goal.name) if line else Place(path=goal.name)


Predict = Callable[[str, Properties, Target], Mapping[str, Value]]


def _role(name: str, inputs: Properties, target: Target) -> Mapping[str, Value]:
    arn = f"arn:{target.partition}:iam::{target.account}:role{inputs.get('path') or '/'}{name}"
    return {"name": name, "id": name, "arn": arn, "uniqueId": UNKNOWN}


def _policy(name: str, inputs: Properties, target: Target) -> Mapping[str, Value]:
    arn = f"arn:{target.partition}:iam::{target.account}:policy{inputs.get('path') or '/'}{name}"
    return {"name": name, "id": arn, "arn": arn}


def _bucket(name: str, inputs: Properties, target: Target) -> Mapping[str, Value]:
    region = str(inputs.get("region") or target.region)
    domain = f"{name}.s3.{region}.amazonaws.com"
    arn = f"arn:{target.partition}:s3:::{name}"
    return {"bucket": name, "id": name, "arn": arn, "bucketRegionalDomainName": domain, "region": region}


def _provider(name: str, inputs: Properties, target: Target) -> Mapping[str, Value]:
    host = str(inputs.get("url", "")).removeprefix("https://")
    arn = f"arn:{target.partition}:iam::{target.account}:oidc-provider/{host}"
    return {"id": arn, "arn": arn}


def _key(name: str, inputs: Properties, target: Target) -> Mapping[str, Value]:
    arn = f"arn:{target.partition}:kms:{inputs.get('region') or target.region}:{target.account}:key/of-{name}"
    return {"id": f"of-{name}", "keyId": f"of-{name}", "arn": arn}


PREDICTED: Mapping[str, tuple[str, Predict]] = {
    "iam.Role": ("name", _role),
    "iam.Policy": ("name", _policy),
    "s3.Bucket": ("bucket", _bucket),
    "iam.OpenIdConnectProvider": ("url", _provider),
    "kms.Key": ("", _key),
}


def _outputs(goal: Goal, target: Target) -> Mapping[str, Value]:
    kind = short(goal.type)
    if kind not in PREDICTED:
        return {"id": goal.name}
    field_name, predict = PREDICTED[kind]
    given = goal.inputs.get(field_name)
    return predict(str(given) if isinstance(given, str) else f"{goal.name}-{NO_DIGITS}", goal.inputs, target)


def _normalised(goal: Goal, outputs: Mapping[str, Value]) -> Mapping[str, Value]:
    """What AWS makes of an input: an OIDC provider's URL has no scheme."""
    url = outputs.get("url")
    return {"url": url.removeprefix("https://")} if short(goal.type) == "iam.OpenIdConnectProvider" and isinstance(url, str) else {}
