"""`bucketpass prove`: the guarantees of a declaration, for all requests, or a counterexample."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.cli.declared import add_access, add_target, read_declared, show_map_line, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.policy_files import add_layers, add_policies, deployment_of_access, deployment_of_files, has_policies, surrounded
from bucketpass.cli.region import region_named
from bucketpass.cli.terminal import ProgressLine
from bucketpass.compile import Target, compile_access
from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import MissingExtra, RequestError
from bucketpass.findings import CODES, entry_lines
from bucketpass.model import Access
from bucketpass.prove.compare import Relation, Version, differences
from bucketpass.prove.faults import faults
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.kinds import KINDS
from bucketpass.prove.never import declared_nevers, never
from bucketpass.prove.proofs import Proofs, prove_all
from bucketpass.prove.question import SECONDS, Answer, Guarantee, SentRequest, Verdict, solve_once
from bucketpass.prove.report import (
    Result,
    as_markdown,
    as_object,
    differences_as_markdown,
    differences_as_object,
    faults_as_markdown,
    faults_as_object,
    overall,
)
from bucketpass.prove.second_opinion import SecondOpinion
from bucketpass.prove.store import ProofStore
from bucketpass.prove.web_identity import providers_of

EXIT_CODES = {Verdict.PROVED: 0, Verdict.COUNTEREXAMPLE: 1, Verdict.UNKNOWN: 4}
EXIT_DIFFERENT, EXIT_UNKNOWN = 1, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.epilog = (
        "exit codes: 0 all is proved (with --against: nothing differs; with policies: no finding), 1 a counterexample (a difference,"
        " a finding), 3 invalid input, 4 something could not be decided"
    )
    add_access(parser)
    add_target(parser)
    parser.add_argument("--never", action="append", default=[], metavar="WHAT", help="prove this alone: 'GetObject s3://datasets/secret/*'")
    parser.add_argument("--by", action="append", default=[], metavar="SERVICE", help="the services that --never is about (default: all)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only guarantees whose name has this in it")
    parser.add_argument("--against", type=Path, metavar="FILE", help="what changes from that declaration to this one, in meaning")
    parser.add_argument("--keep-proofs", type=Path, metavar="FILE", help="keep proofs in this file, and prove only what changed since")
    parser.add_argument(
        "--replay", action="store_true", help="send each counterexample to a sandbox in which the proved documents are deployed"
    )
    parser.add_argument("--second-opinion", action="store_true", help="ask cvc5 the same; where it disagrees, nothing is proved")
    parser.add_argument("--explain", metavar="CODE", help="what a kind of guarantee (such as `tenants`) says, and what breaks it")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N", help=f"time for each guarantee (default: {SECONDS:.0f})")
    parser.add_argument(
        "--format", choices=("terminal", "json", "markdown"), default="terminal", help="terminal (default), json or markdown"
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    group = parser.add_argument_group("what is deployed")
    group.add_argument(
        "--deployed",
        metavar="WHERE",
        help="look at what is deployed (sandbox, aws, or the URL of an endpoint): whether it keeps the declaration's guarantees",
    )
    group.add_argument("--role", dest="who", metavar="ROLE", help="not the declaration, but the faults of this role")
    group.add_argument("--bucket", metavar="NAME", help="not the declaration, but the faults of this bucket")
    add_policies(parser)
    add_layers(parser, of_account=True)


def run(arguments: argparse.Namespace) -> int:
    """Prove and print. The exit code is 0 where all is proved, 1 where something is broken, 4 where something is unknown."""
    if arguments.explain:
        return _explain(arguments.explain)
    target = target_of(arguments)
    if has_policies(arguments) or arguments.who or arguments.bucket:
        return _faults(arguments, target)
    access = read_declared(arguments.access).access
    if arguments.against is not None:
        if arguments.replay:
            raise RequestError("got `--replay` with `--against`", remedy="prove one declaration, whose documents the sandbox then has")
        versions = (read_declared(arguments.against).access, access)
        deployed = (surrounded(deployment_of_access(one, target, validated=True), arguments) for one in versions)
        old, new = map(Version, versions, deployed)
        return _compare(arguments, old, new)
    deployment = surrounded(_deployment(arguments, access, target), arguments)
    results = _prove(_asked(arguments, access, deployment), arguments)
    if arguments.replay:
        results = [replace(one, replayed=_replayed(one.answer, deployment)) for one in results]
    if arguments.format == "terminal":
        from bucketpass.cli.show_proof import show_results

        show_results(results)
        if arguments.deployed:
            show_map_line(arguments.access, arguments.deployed)
    else:
        _print("prove", lambda: as_object(results), lambda: as_markdown(results), arguments)
    return EXIT_CODES[overall(results)]


def _deployment(arguments: argparse.Namespace, access: Access, target: Target) -> Deployment:
    """What the declaration compiles to, or what is really there under the same names."""
    if not arguments.deployed:
        return deployment_of_access(access, target, validated=True)
    from bucketpass.deployment.endpoint import read_plan
    from bucketpass.provision.clients import clients_of

    with clients_of(arguments.deployed, region_named(arguments.region), os.environ) as clients:
        there = replace(target, region=clients.region, partition=partition_of_region(clients.region).name)
        return read_plan(clients, compile_access(access, there, validated=True))


def _asked(arguments: argparse.Namespace, access: Access, deployment: Deployment) -> list[Guarantee]:
    if arguments.never:
        return [never(text, arguments.by, access, deployment) for text in arguments.never]
    if arguments.by:
        raise RequestError("got `--by` without `--never`", remedy="--never 'GetObject s3://datasets/secret/*' --by trainer")
    known = [*guarantees(access, deployment, keys=arguments.keep_proofs is not None), *declared_nevers(access, deployment)]
    asked = [one for one in known if not arguments.only or any(part in one.name for part in arguments.only)]
    if not asked:
        raise RequestError(f"no guarantee is called `{', '.join(arguments.only)}`", remedy=f"such as `{known[0].name}`" if known else "")
    return asked


def _prove(asked: Sequence[Guarantee], arguments: argparse.Namespace) -> list[Result]:
    """The answers, with progress on standard error where a person looks on."""
    opinion = SecondOpinion()
    solver = opinion.solve if arguments.second_opinion else solve_once
    # SECURITY: a second opinion is asked for about each question, so that none is answered by an earlier proof.
    store = None if arguments.second_opinion or arguments.keep_proofs is None else ProofStore(arguments.keep_proofs)
    proved = None if arguments.second_opinion else Proofs(store=store).proved
    results, began = [], time.monotonic()
    with ProgressLine() as progress:
        for guarantee, answer in prove_all(asked, seconds=arguments.seconds, solver=solver, proved=proved, store=store):
            results.append(Result(guarantee, answer))
            progress.update(f"{len(results)}/{len(asked)} {time.monotonic() - began:.0f} s {guarantee.name}")
    if store is not None:
        store.save()
    if arguments.second_opinion:
        print(f"cvc5 agreed on {opinion.agreed} of {opinion.asked} questions, and gave no answer to the others", file=sys.stderr)
    return results


def _explain(code: str) -> int:
    """Print what a kind of guarantee, or a finding, says. Raises RequestError for another text."""
    if code in KINDS:
        print(f"{code}\n  proved if and only if: {KINDS[code].holds}\n  broken by: {KINDS[code].broken_by}")
    elif code in CODES:
        print("\n".join(entry_lines(CODES[code])))
    else:
        remedy = f"the guarantees are {', '.join(KINDS)}; `bucketpass explain` knows the findings"
        raise RequestError(f"`{code}` is not the code of a guarantee or a finding", remedy=remedy)
    return 0


def _replayed(answer: Answer, deployment: Deployment) -> Sequence[SentRequest]:
    """Send the counterexample to a sandbox. Raises `MissingExtra` where that is not installed."""
    if answer.counterexample is None:
        return ()
    try:
        from bucketpass.sandbox.counterexamples import replay
    except ModuleNotFoundError as missing:
        raise MissingExtra("sandbox", missing.name or "moto") from None
    return replay(answer.counterexample, deployment)


def _compare(arguments: argparse.Namespace, old: Version, new: Version) -> int:
    found = list(differences(old, new, seconds=arguments.seconds))
    if arguments.format == "terminal":
        from bucketpass.cli.show_proof import show_differences

        show_differences(found)
    else:
        _print("prove-differences", lambda: differences_as_object(found), lambda: differences_as_markdown(found), arguments)
    relations = {one.relation for one in found}
    return EXIT_UNKNOWN if Relation.UNKNOWN in relations else EXIT_DIFFERENT if relations - {Relation.EQUAL} else 0


def _faults(arguments: argparse.Namespace, target: Target) -> int:
    if not has_policies(arguments):
        from bucketpass.deployment.endpoint import read_deployment
        from bucketpass.provision.clients import clients_of

        if not (arguments.who and arguments.bucket and arguments.deployed):
            raise RequestError(
                "the faults of what is deployed need --deployed, --role and --bucket", remedy="--deployed aws --role R --bucket B"
            )
        with clients_of(arguments.deployed, target.region, os.environ) as clients:
            deployment = read_deployment(clients, arguments.who, arguments.bucket, target)
    else:
        arguments.who = arguments.who or "role"
        given = deployment_of_files(arguments, target, arguments.bucket or "bucket")
        name = _bucket_of(given.buckets[0].policy, arguments.bucket)
        deployment = _given(arguments, given if name is None else deployment_of_files(arguments, target, name))
    deployment = surrounded(deployment, arguments)
    found = list(faults(deployment, seconds=arguments.seconds))
    if arguments.replay:
        found = [replace(one, replayed=_replayed(one.answer, deployment)) for one in found]
    if arguments.format == "terminal":
        from bucketpass.cli.show_proof import show_faults

        show_faults(found)
    else:
        _print("prove-findings", lambda: faults_as_object(found), lambda: faults_as_markdown(found), arguments)
    verdicts = {one.answer.verdict for one in found}
    return EXIT_DIFFERENT if Verdict.COUNTEREXAMPLE in verdicts else EXIT_UNKNOWN if verdicts else 0


def _bucket_of(policy: NamedPolicy | None, asked: str | None) -> str | None:
    """The bucket that a policy names, None where it names none. Raises `RequestError` for more than one, or another than is asked about."""
    statements = () if policy is None else policy.document.statements
    resources = (text for one in statements for text in (*(one.resources or ()), *(one.not_resources or ())))
    names = sorted({arn.bucket for arn in map(Arn.parse, resources) if arn and arn.bucket and not set(arn.bucket) & set("*?$")})
    # SECURITY: S3 takes no policy that names another bucket; what it says of that one would be proved of nothing.
    if len(names) > 1 or (names and asked and names != [asked]):
        message = f"the bucket policy names {' and '.join(f'`{name}`' for name in names)}{f', not `{asked}`' if asked else ''}"
        raise RequestError(message, remedy="give the policy of one bucket" if len(names) > 1 else f"--bucket {names[0]}")
    return names[0] if names else None


def _given(arguments: argparse.Namespace, deployment: Deployment) -> Deployment:
    """Return the deployment without what no file was given of: a role without policies or trust, a bucket without a policy.

    Where no provider was given, those that the trust names are taken to be there, for whatever audience.
    """
    roles = deployment.roles if arguments.trust or arguments.role_policy else ()
    providers = deployment.providers or providers_of(roles, deployment)
    return replace(deployment, roles=roles, providers=providers, buckets=deployment.buckets if arguments.bucket_policy else ())


def _print(kind: str, value: Callable[[], Mapping[str, object]], markdown: Callable[[], str], arguments: argparse.Namespace) -> None:
    if arguments.format == "json":
        print_json(kind, value())
    else:
        print(markdown())
