"""`bucketpass configure NAME`: what the AI service needs, or what its issuer must be set to."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bucketpass.cli.declared import add_access, read_declared
from bucketpass.cli.json_output import print_json
from bucketpass.cli.region import region_named
from bucketpass.configure import FORMS, Options, Site, declared_service, issuer_text, service_text
from bucketpass.errors import InvalidInput, RequestError
from bucketpass.model import Access

DEFAULTS = Options()
ANY_REGION = "us-east-1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the arguments of `configure`."""
    parser.add_argument("name", metavar="SERVICE|ISSUER", help="a service (with --for), or an issuer, of the declaration")
    forms = "; ".join(f"{name}: {form.words}" for name, form in FORMS.items())
    parser.add_argument("--for", dest="form", choices=FORMS, metavar="FORM", help=forms)
    add_access(parser)
    account = parser.add_mutually_exclusive_group(required=True)
    account.add_argument("--account", help="the AWS account that the roles are in")
    account.add_argument("--outputs", type=Path, metavar="FILE", help="what `pulumi stack output --json` or `bucketpass up --json` printed")
    parser.add_argument("--region", help="the Region (default: that of `bucketpass up --json`, or AWS_REGION)")
    parser.add_argument("--endpoint-url", help="where the AWS API is, if not at AWS")
    parser.add_argument("--ca-bundle", help="the certificate authorities that the endpoint is checked against")
    parser.add_argument("--token-file", default=DEFAULTS.token_file, help="where the service's token is (default: %(default)s)")
    parser.add_argument("--image", help="the service's container image")
    parser.add_argument("--issuer", help="by which issuer the service is known there (default: the first that fits)")
    parser.add_argument("--identity", type=int, metavar="N", help="by which of its identities, from 0 on, where it has several roles")
    parser.add_argument("--source", help="with --for credential-process: where the token comes from")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the text."""
    access = read_declared(arguments.access).access
    if arguments.form is not None:
        declared_service(arguments.name, access)  # the most likely slip, and the first to be told
    site = _site(access, arguments)
    if arguments.form is not None:
        options = Options(arguments.token_file, arguments.image, arguments.issuer, arguments.source, arguments.identity)
        text = service_text(arguments.name, arguments.form, site, options)
    elif arguments.name in access.services and arguments.name not in access.issuers:
        raise InvalidInput(f"service `{arguments.name}` can be configured in several forms", remedy=f"--for {', '.join(FORMS)}")
    else:
        text = issuer_text(arguments.name, site)
    if arguments.json:
        print_json("configure", {"name": arguments.name, "for": arguments.form, "text": text})
    else:
        print(text, end="")
    return 0


def _site(access: Access, arguments: argparse.Namespace) -> Site:
    outputs, made_in = _outputs(arguments.outputs) if arguments.outputs is not None else ({}, None)
    region = region_named(arguments.region or made_in)
    if region is None and arguments.form is None:
        region = ANY_REGION  # what is set at an issuer names no Region
    if region is None:
        raise InvalidInput("no Region is known", remedy="Name it with --region, or set AWS_REGION.")
    if arguments.outputs is not None:
        return Site.of_outputs(access, outputs, region, arguments.endpoint_url, arguments.ca_bundle)
    return Site(access, arguments.account, region, arguments.endpoint_url, arguments.ca_bundle)


def _outputs(file: Path) -> tuple[dict[str, object], str | None]:
    """The stack's outputs, and the Region where the file names that: `bucketpass up --json` has more to say than the outputs."""
    try:
        found = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except (OSError, ValueError) as error:
        raise RequestError(f"`{file}` cannot be read as JSON: {error}", remedy="pulumi stack output --json > outputs.json") from None
    if not isinstance(found, dict):
        raise RequestError(f"`{file}` is not a JSON object", remedy="pulumi stack output --json > outputs.json")
    outputs, region = found.get("outputs"), found.get("region")
    return (outputs, region if isinstance(region, str) else None) if isinstance(outputs, dict) else (found, None)
