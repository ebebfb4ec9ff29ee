"""A declaration, registered as the program of a folder without one would register it: no Python is started, and no Pulumi is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from bucketpass.aws.arn import partition_of_region
from bucketpass.compile import Target, compile_access
from bucketpass.compile.check import worth_knowing
from bucketpass.compile.plan import Plan
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.emit.resource import Argument, BlueprintResource, Of, SharedPolicy
from bucketpass.errors import Severity
from bucketpass.model import load_access
from bucketpass.policy.shared import mark_of
from bucketpass.provision.administrators import missing_administrator, named_administrators
from bucketpass.provision.embedded.blueprinted import Key, Registrar, output_of, register_blueprint
from bucketpass.provision.embedded.deployment import Registered
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.naming import STACK_TYPE, StackName
from bucketpass.provision.embedded.shared import marked_tags
from bucketpass.provision.embedded.values import Properties, Value, text
from bucketpass.provision.merging import denied_by_others, marked_rules, merged_key_policy, merged_policy

__all__ = ["DeclaredProgram"]

NAME = "access"
EXPORTED = ("role_arns", "bucket_names")
ABSENT = ("there is no", "NoSuchBucketPolicy")


class ProgramEngine(Registrar, Protocol):
    """What a program speaks to."""

    def invoke(self, token: str, arguments: Properties, provider: str) -> Properties | None:
        """What a function returns; None: unknown."""
        ...

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """The outputs of a component or stack are noted."""
        ...


@dataclass(frozen=True, slots=True)
class DeclaredProgram:
    """An access.yaml as a stack's program. config: dialect and waivers, as a program finds them."""

    file: Path
    name: StackName
    config: Mapping[str, str]
    engine: ProgramEngine
    listener: Listener

    def register(self, *, dry_run: bool) -> None:
        """Register all that the declaration asks for. Raises what is wrong with it, or with what others have at the target."""
        root = self.engine.register(Goal(STACK_TYPE, f"{self.name.project}-{self.name.stack}", custom=False)).urn
        parent = self.engine.register(Goal("bucketpass:index:FederatedAccess", NAME, custom=False, parent=root)).urn
        access = load_access(self.file)
        plan = compile_access(access, self._target(dry_run=dry_run), validated=True)
        blueprint = blueprint_of(plan, worth_knowing(access, plan))
        for finding in blueprint.findings:
            self._say("info" if finding.severity is Severity.NOTE else "warning", str(finding), parent)
        self._require_administrators(plan)
        blueprint = replace(blueprint, resources=tuple(self._merged(resource, parent) for resource in blueprint.resources))
        made = register_blueprint(blueprint, self.engine, parent=parent, prefix=f"{NAME}-")
        outputs: dict[str, Value] = {
            name: {key: _resolved(value, made) for key, value in values.items()} for name, values in blueprint.outputs.items()
        }
        outputs["other_accounts"] = {account: json.dumps(documents) for account, documents in blueprint.other_accounts.items()}
        self.engine.register_outputs(parent, outputs)
        self.engine.register_outputs(root, {name: outputs[name] for name in EXPORTED})

    def _target(self, *, dry_run: bool) -> Target:
        region = text(self._invoke("aws:index/getRegion:getRegion"), "region")
        caller = self._invoke("aws:index/getCallerIdentity:getCallerIdentity")
        return Target(
            account=text(caller, "accountId"),
            region=region,
            partition=partition_of_region(region).name,
            # A preview may be made by a principal that only reads; whoever makes the resources must not lock itself out.
            deployer=None if dry_run else text(caller, "arn") or None,
            dialect=self.config.get("bucketpass:dialect", "aws"),
            waivers=tuple(json.loads(self.config.get("bucketpass:waivers", "[]"))),
        )

    def _invoke(self, token: str) -> Properties:
        return self.engine.invoke(token, {}, "") or {}

    def _looked_up(self, token: str, arguments: Properties) -> Properties | None:
        """What is at the target; None where there is nothing."""
        try:
            return self.engine.invoke(token, arguments, "") or {}
        except Exception as error:
            # SECURITY: an answer that is not understood is not taken for "nothing there".
            if any(words in str(error) for words in ABSENT):
                return None
            raise

    def _require_administrators(self, plan: Plan) -> None:
        caller = str(self._invoke("aws:index/getCallerIdentity:getCallerIdentity").get("arn", ""))
        for bucket, role in dict.fromkeys(named_administrators(plan, caller)):
            if self._looked_up("aws:iam/getRole:getRole", {"name": role}) is None:
                raise missing_administrator(plan, bucket, role)

    def _merged(self, resource: BlueprintResource, parent: str) -> BlueprintResource:
        """A resource at what others own, with the stack's parts marked: the engine adds them to what is there."""
        if not resource.adopted:
            return resource
        mark, given = mark_of(self.name.project, self.name.stack), dict[str, Any](resource.arguments)
        if resource.kind == "s3.BucketLifecycleConfiguration":
            rules, warnings = marked_rules(given["bucket"], given["rules"], mark)
            for words in warnings:
                self._say("warning", words, "")
            given["rules"] = tuple(rules)
        if resource.kind == "s3.BucketTags":
            given["tags"] = marked_tags(given["tags"], mark)
        if resource.shared is not None:
            given["policy"] = self._whole(resource.kind, given, resource.shared, mark, parent)
        return replace(resource, arguments=given)

    def _whole(self, kind: str, given: Mapping[str, Any], shared: SharedPolicy, mark: str, parent: str) -> str:
        if kind == "kms.KeyPolicy":
            merged, words = merged_key_policy(given["key_id"], None, mark)
        else:
            live = self._looked_up("aws:s3/getBucketPolicy:getBucketPolicy", {"bucket": given["bucket"]})
            policy = str(live["policy"]) if live else None
            merged, words = merged_policy(given["bucket"], policy, shared.existing, mark)
            for denied in denied_by_others(given["bucket"], policy, shared.added, mark):
                self._say("warning", denied, parent)
        self._say("info", words, parent)
        return merged(shared.added)

    def _say(self, severity: str, words: str, urn: str) -> None:
        self.listener(Message(severity, words, urn))


def _resolved(value: Argument, made: Mapping[Key, Registered]) -> Value:
    if not isinstance(value, Of):
        return value if isinstance(value, str) else None
    return output_of(made[value.kind, value.name], value.output)
