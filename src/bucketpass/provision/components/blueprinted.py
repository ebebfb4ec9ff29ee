"""A Pulumi component whose resources follow from a Plan."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from importlib import import_module
from typing import Any, ParamSpec

import pulumi
import pulumi_aws as aws
from pulumi.output import UNKNOWN

from bucketpass.aws.arn import partition_of_region
from bucketpass.compile import Target
from bucketpass.compile.plan import Plan, key_placeholder
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.emit.resource import Argument, BlueprintResource, Of, SharedPolicy
from bucketpass.errors import BucketpassError, Diagnostic, ProvisionError, Severity
from bucketpass.model import Access
from bucketpass.provision.components.administrators import require_administrators
from bucketpass.provision.components.adopted import (
    added_rules,
    added_tags,
    bucket_tags,
    engine_merges,
    live_key_policy,
    require_no_other_log,
    stack_mark,
)
from bucketpass.provision.components.later import Later, LaterArguments, Resources, is_document, shown
from bucketpass.provision.components.one_owner import require_one_owner
from bucketpass.provision.components.shared_policy import live_policy
from bucketpass.provision.merging import denied_by_others, merged_key_policy, merged_policy

__all__ = ["Blueprinted", "one_line"]

# In the place of a Region and an account that a preview does not know: they reach no document, since those are unknown too.
ANY_REGION, ANY_ACCOUNT = "us-east-1", "000000000000"
P = ParamSpec("P")


def one_line(make: Callable[P, None]) -> Callable[P, None]:
    """Return a component's constructor whose mistakes Pulumi prints as they are, without a stack trace."""

    @wraps(make)
    def constructor(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            make(*args, **kwargs)
        except BucketpassError as error:
            raise _run_error(type(error))(diagnostics=error.diagnostics()) from None

    return constructor


def _run_error(kind: type[BucketpassError]) -> type[BucketpassError]:
    """The same error, which is one of Pulumi's `RunError` as well."""
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})


class Blueprinted(pulumi.ComponentResource):
    """A component that makes the resources of a Plan, each named after the component and its own name in the plan.

    Where some values are only known once other resources are made, a Plan with placeholders for them says which resources there
    are, and `later.py` what is in each.
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None, *, root: str | None = None) -> None:
        """`root`: the name in the plan of what the component stands for, whose resources have the component's own name."""
        super().__init__(f"bucketpass:index:{kind}", name, None, opts)
        self._name = name
        self._root = root
        self._made: dict[tuple[str, str], Any] = {}
        self._given: dict[tuple[str, str], dict[str, Any]] = {}
        self._outputs: dict[str, pulumi.Output[Any]] = {}
        self._keys: list[str] = []
        self._caller = ""
        self._unknown = False
        self._arns: dict[tuple[str, str], str] = {}

    def _target(self) -> Target:
        """The account and Region of the provider that this component's resources get, and how the endpoint speaks.

        Configuration: `bucketpass:dialect`, and `bucketpass:waivers` with the names of the weaknesses that are accepted (JSON).
        """
        options = pulumi.InvokeOptions(parent=self)
        found: str | None = aws.get_region(opts=options).region
        caller = aws.get_caller_identity(opts=options)
        account: str | None = caller.account_id
        # In a preview, a provider whose inputs are not known yet says neither: which resources there are is known all the same.
        self._unknown = not (found and account)
        if self._unknown and not pulumi.runtime.is_dry_run():
            raise ProvisionError(
                "the provider says neither its Region nor its account",
                remedy="in a test with mocks, answer aws:index/getRegion:getRegion and aws:index/getCallerIdentity:getCallerIdentity",
            )
        region = found or ANY_REGION
        self._caller = caller.arn or ""
        config = pulumi.Config("bucketpass")
        return Target(
            account=account or ANY_ACCOUNT,
            region=region,
            partition=partition_of_region(region).name,
            # A preview may be made by a principal that only reads; whoever makes the resources must not lock itself out.
            deployer=None if pulumi.runtime.is_dry_run() else caller.arn or None,
            dialect=config.get("dialect") or "aws",
            waivers=tuple(config.get_object("waivers") or ()),
        )

    def _log(self, findings: Iterable[Diagnostic], later: Later | None) -> None:
        for finding in findings:
            if later is not None and any(value.mark in finding.message for value in later.values):
                continue  # about a placeholder, and not about the value that takes its place
            (pulumi.log.info if finding.severity is Severity.NOTE else pulumi.log.warn)(str(finding), self)

    def _make(self, access: Access, later: Later | None, compiled: Callable[[Access], Plan]) -> Mapping[tuple[str, str], Any]:
        """The resources by kind and name, all registered. later: what is not known yet. compiled: the plan of a declaration."""
        whole = blueprint_of(compiled(access))
        self._log(whole.findings, later)
        require_administrators(whole.plan, self._caller, pulumi.InvokeOptions(parent=self))
        self._require_one_owner(whole.plan.target, whole.resources, later)
        arguments = None
        if later is not None:
            same = _checked(whole.resources, later)

            def check(found: Resources) -> None:
                same(found)
                self._require_one_owner(whole.plan.target, found.values(), later)

            arguments = LaterArguments(later, lambda known: _by_key(compiled(known)), check)
        self._keys = [key.name for key in whole.plan.keys]
        if pulumi.runtime.is_dry_run() and not self._unknown:
            # Names make these ARNs, so that a preview can show them.
            names = {one.key: one.arn for one in whole.resources if one.arn and "{{" not in one.arn}
            self._arns = {key: arn for key, arn in names.items() if later is None or not later.within(arn)}
        for resource in whole.resources:
            self._made[resource.key] = self._resource(resource, arguments)
        # Output.all of nothing is a list.
        self._outputs = {
            name: pulumi.Output.all(**{key: self._resolved(value) for key, value in values.items()})
            if values
            else pulumi.Output.from_input({})
            for name, values in whole.outputs.items()
        }
        self._outputs["other_accounts"] = pulumi.Output.from_input(
            {account: json.dumps(documents) for account, documents in whole.other_accounts.items()}
        )
        return self._made

    def _require_one_owner(self, target: Target, resources: Iterable[BlueprintResource], later: Later | None) -> None:
        if not self._unknown:
            component = f"{type(self).__name__} {self._name}"
            require_one_owner(component, target, resources, lambda name: later is None or not later.within(name), self._root)

    def _resource(self, resource: BlueprintResource, later: LaterArguments | None) -> Any:
        module, _, kind = resource.kind.partition(".")
        make = bucket_tags if resource.kind == "s3.BucketTags" else getattr(import_module(f"pulumi_aws.{module}"), kind)
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=[self._made[key] for key in resource.after if key in self._made],
            deleted_with=self._made.get(resource.deleted_with) if resource.deleted_with else None,
            ignore_changes=[*resource.fixed] or None,
            # Pulumi's AWS provider would delete the whole setting, what others have there included.
            retain_on_delete=(resource.adopted and not engine_merges()) or None,
        )
        arguments = {
            name: self._argument(resource, (name,), argument, later)
            for name, argument in resource.arguments.items()
            if argument is not None
        }
        if resource.adopted:
            arguments |= self._added(resource, later)
        self._given[resource.key] = arguments
        name = self._name if resource.name == self._root else f"{self._name}-{resource.name}"
        return make(name, **arguments, opts=options)

    def _argument(self, resource: BlueprintResource, path: tuple[str, ...], planned: Argument, later: LaterArguments | None) -> Any:
        """An argument, or a part of it that has a path: as unknown and as secret as the values that are in it."""
        if self._unknown and (resource.kind, path[0]) in WITH_ACCOUNT:
            unknown: Any = UNKNOWN
            return pulumi.Output.from_input(unknown)
        if later is None:
            return self._resolved(planned)
        if isinstance(planned, Mapping):
            return {name: self._argument(resource, (*path, name), inner, later) for name, inner in planned.items()}
        found = later.argument(resource, lambda one: _at(one.arguments, path))
        return self._resolved(planned) if found is None else found.apply(self._resolved)

    def _added(self, resource: BlueprintResource, later: LaterArguments | None) -> dict[str, Any]:
        """The arguments that are merged with what others have there."""
        invoke = pulumi.InvokeOptions(parent=self)
        given: Any = resource.arguments
        if resource.kind == "s3.BucketLifecycleConfiguration":
            return added_rules(given["bucket"], given["rules"], invoke)
        if resource.kind == "s3.BucketTags":
            return {"tags": added_tags(given["bucket"], given["tags"])}
        if resource.kind == "s3.BucketLogging":
            require_no_other_log(given["bucket"], given, invoke)
        if resource.shared is not None:
            added: pulumi.Input[str] = self._with_keys(resource.shared.added)
            found = None if later is None else later.argument(resource, _added)
            if found is not None:
                added = found.apply(self._with_keys)
            return {"policy": self._merged(resource, resource.shared, added)}
        return {}

    def _merged(self, resource: BlueprintResource, shared: SharedPolicy, added: pulumi.Input[str]) -> pulumi.Output[str]:
        """The whole policy of a bucket or key: what others have in the live one, and the statements that are added."""
        invoke = pulumi.InvokeOptions(parent=self)
        if resource.kind == "kms.KeyPolicy":
            merged, words = merged_key_policy(key := str(resource.arguments["key_id"]), live_key_policy(key, invoke), stack_mark())
        else:
            bucket = str(resource.arguments["bucket"])
            live = live_policy(bucket, invoke)
            merged, words = merged_policy(bucket, live, shared.existing, stack_mark())
            for denied in () if ANY_ACCOUNT in shared.added else denied_by_others(bucket, live, shared.added, stack_mark()):
                pulumi.log.warn(denied, self)
        pulumi.log.info(words, self)
        return pulumi.Output.from_input(added).apply(merged)

    def _resolved(self, argument: Argument) -> Any:
        match argument:
            case Of(kind, name, "arn") if (kind, name) in self._arns:
                arn = self._arns[kind, name]
                return self._made[kind, name].urn.apply(lambda _: arn)
            case Of(kind, name, output):
                return getattr(self._made[kind, name], output)
            case str():
                return self._with_keys(argument)
            case tuple():
                return [self._resolved(item) for item in argument]
            case Mapping():
                return {name: self._resolved(item) for name, item in argument.items()}
            case _:
                return argument

    def _with_keys(self, text: str) -> pulumi.Input[str]:
        """`text` with the ARNs of the keys that are made in the place of their placeholders."""
        held = [name for name in self._keys if key_placeholder(name) in text]
        if not held:
            return text

        def fill(arns: Mapping[str, str]) -> str:
            filled = text
            for name in held:
                filled = filled.replace(key_placeholder(name), arns[name])
            return filled

        arns = {name: self._made["kms.Key", name].arn for name in held}
        if is_document(text):
            arns = {name: shown(arn, "key_arn", name) for name, arn in arns.items()}
        return pulumi.Output.all(**arns).apply(fill)


# What a provider's account and Region are in, where they are not known.
WITH_ACCOUNT = frozenset(
    {
        ("iam.Role", "assume_role_policy"),
        ("iam.Policy", "policy"),
        ("iam.RolePolicy", "policy"),
        ("s3.BucketPolicy", "policy"),
        ("s3.BucketServerSideEncryptionConfiguration", "rules"),
        ("kms.Key", "policy"),
    }
)


def _added(resource: BlueprintResource) -> str:
    return resource.shared.added if resource.shared is not None else ""


def _at(argument: Argument, path: tuple[str, ...]) -> Argument:
    for name in path:
        argument = argument[name] if isinstance(argument, Mapping) else None
    return argument


def _by_key(plan: Plan) -> Resources:
    return {resource.key: resource for resource in blueprint_of(plan).resources}


def _checked(expected: tuple[BlueprintResource, ...], later: Later) -> Callable[[Resources], None]:
    """Raises `ProvisionError` where there are other resources than were expected, or what does not wait is another."""
    waiting = {resource.key: {name for name, value in resource.arguments.items() if later.waits(value)} for resource in expected}

    def check(found: Resources) -> None:
        strange = {resource.key for resource in expected} ^ found.keys()
        if not strange:
            strange = {one.key for one in expected if _but(one, waiting[one.key]) != _but(found[one.key], waiting[one.key])}
        if strange:
            raise ProvisionError(
                f"the resolved inputs need resources that were not planned: {', '.join('.'.join(key) for key in sorted(strange))}",
                remedy="split the service, so that its policies are well below AWS's sizes",
            )

    return check


def _but(resource: BlueprintResource, names: Iterable[str]) -> dict[str, Argument]:
    return {name: value for name, value in resource.arguments.items() if name not in names}
