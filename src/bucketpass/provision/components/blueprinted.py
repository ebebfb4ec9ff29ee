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
from bucketpass.emit.blueprint import Argument, BlueprintResource, Of, SharedPolicy, blueprint_of
from bucketpass.errors import BucketpassError, Diagnostic, ProvisionError, Severity
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
from bucketpass.provision.components.shared_policy import live_policy
from bucketpass.provision.merging import merged_key_policy, merged_policy

__all__ = ["Blueprinted", "one_line"]

# In the place of a Region and an account that a preview does not know: they reach no document, since those are unknown too.
ANY_REGION, ANY_ACCOUNT = "us-east-1", "000000000000"
Resources = Mapping[tuple[str, str], BlueprintResource]
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

    Where some values are only known once other resources are made, a Plan with values in their place says which resources
    there are, and the real Plan, an output, says what is in them.
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None, *, root: str | None = None) -> None:
        """`root`: the name in the plan of what the component stands for, whose resources have the component's own name."""
        super().__init__(f"bucketpass:index:{kind}", name, None, opts)
        self._name = name
        self._root = root
        self._made: dict[tuple[str, str], Any] = {}
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

    def _log(self, findings: Iterable[Diagnostic]) -> None:
        for finding in findings:
            (pulumi.log.info if finding.severity is Severity.NOTE else pulumi.log.warn)(str(finding), self)

    def _make(self, plan: Plan, later: pulumi.Output[Plan] | None = None) -> Mapping[tuple[str, str], Any]:
        """The resources by kind and name, all registered. With `later`, their documents are those of that plan."""
        if self._unknown:
            unknown: Any = UNKNOWN
            later = pulumi.Output.from_input(unknown)
        whole = blueprint_of(plan)
        self._log(whole.findings)
        require_administrators(plan, self._caller, pulumi.InvokeOptions(parent=self))
        known = None if later is None else later.apply(_checked(whole.resources))
        self._keys = [key.name for key in plan.keys]
        if later is None and pulumi.runtime.is_dry_run():
            # Names make these ARNs, so that a preview can show them.
            self._arns = {one.key: one.arn for one in whole.resources if one.arn and "{{" not in one.arn}
        for resource in whole.resources:
            self._made[resource.key] = self._resource(resource, known)
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

    def _resource(self, resource: BlueprintResource, later: pulumi.Output[Resources] | None) -> Any:
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
            name: self._resolved(argument)
            if later is None or (resource.kind, name) not in LATER
            else later.apply(self._taken(resource.key, name))
            for name, argument in resource.arguments.items()
            if argument is not None
        }
        if resource.adopted:
            arguments |= self._added(resource, later)
        name = self._name if resource.name == self._root else f"{self._name}-{resource.name}"
        return make(name, **arguments, opts=options)

    def _added(self, resource: BlueprintResource, later: pulumi.Output[Resources] | None) -> dict[str, Any]:
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
            if later is not None:
                added = later.apply(lambda found: self._with_keys(_added(found[resource.key])))
            return {"policy": self._merged(resource, resource.shared, added)}
        return {}

    def _merged(self, resource: BlueprintResource, shared: SharedPolicy, added: pulumi.Input[str]) -> pulumi.Output[str]:
        """The whole policy of a bucket or key: what others have in the live one, and the statements that are added."""
        invoke = pulumi.InvokeOptions(parent=self)
        if resource.kind == "kms.KeyPolicy":
            merged, words = merged_key_policy(key := str(resource.arguments["key_id"]), live_key_policy(key, invoke), stack_mark())
        else:
            bucket = str(resource.arguments["bucket"])
            merged, words = merged_policy(bucket, live_policy(bucket, invoke), shared.existing, stack_mark())
        pulumi.log.info(words, self)
        return pulumi.Output.from_input(added).apply(merged)

    def _taken(self, key: tuple[str, str], name: str) -> Callable[[Resources], Any]:
        return lambda found: self._resolved(found[key].arguments[name])

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

        return pulumi.Output.all(**{name: self._made["kms.Key", name].arn for name in held}).apply(fill)


# What follows from issuers' URLs, audiences and subjects, from buckets' names and keys: what a later plan may know better.
LATER = frozenset(
    {
        ("iam.OpenIdConnectProvider", "url"),
        ("iam.OpenIdConnectProvider", "client_id_lists"),
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


def _checked(expected: tuple[BlueprintResource, ...]) -> Callable[[Plan], Resources]:
    """Gives the resources of the later plan by kind and name. Raises `ProvisionError` where it has others than were expected."""
    names = {resource.key for resource in expected}

    def check(plan: Plan) -> Resources:
        found = {resource.key: resource for resource in blueprint_of(plan).resources}
        strange = sorted(names ^ found.keys())
        if strange:
            raise ProvisionError(
                f"the resolved inputs need resources that were not planned: {', '.join('.'.join(key) for key in strange)}",
                remedy="split the service, so that its policies are well below AWS's sizes",
            )
        return found

    return check
