"""Declarations that the tests of guarantees speak of, compiled and as if deployed."""

from dataclasses import dataclass

from tests.declarations import ISSUERS, SERVICES

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.model import Access, parse_access
from bucketpass.prove.question import Answer, Guarantee, Verdict, prove

TARGET = Target("111122223333", "eu-central-1")
SIMPLE = (
    ISSUERS
    + """\
buckets:
  datasets:
    encryption: kms
    exclusive: true
    administrators: ["arn:aws:iam::111122223333:role/platform-admin"]
"""
    + SERVICES
)
TENANTS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  homes: {}
services:
  app:
    identity: {issuer: okta, subject: 0oa1app}
    grants:
      - {bucket: homes, prefix: t/, access: [read, write], per: tenant, exclude: "*.key"}
      - {bucket: homes, prefix: shared/, access: read}
"""
# Every field that changes what a grant, a bucket or an identity means.
RICH = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: [s3-data, s3-more]}
  ci: {preset: github}
  generic: {preset: generic, url: "https://issuer.example/", audience: x}
  realm: {preset: keycloak, url: "https://id.example/realms/r", audience: [s3-data, s3-more], several_audiences: true}
  cluster: {preset: kubernetes, url: "https://k8s.example", single_tenant: true}
buckets:
  datasets: {encryption: kms}
  logs: {}
  lake:
    name: acme-lake
    encryption: {key: "arn:aws:kms:eu-central-1:111122223333:key/1234"}
    bucket_key: false
    logging: {bucket: logs, prefix: lake/}
    perimeter: {vpc_endpoints: [vpce-0a1b2c3d], organization: o-abcdefghij}
    administrators: ["arn:aws:iam::111122223333:role/admin-*"]
  foreign: {create: false, account: "444455556666"}
  points: {access_points: [mlpoint]}
  loose: {relax: {tls: an old client, right_key: several keys, customer_keys: an old client}}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer, require: {email: [a@acme.example]}}
    session: {tags: [cost], source_identity: true}
    grants:
      - {bucket: datasets, prefix: raw/, access: read, versions: true, object_tags: {class: public}}
      - {bucket: datasets, prefix: "odd*?$/", access: [read, write]}
      - {bucket: datasets, key: config.json, access: read}
      - bucket: lake
        prefix: a/
        access: [read, write, delete, list]
        conditions:
          vpc_endpoints: [vpce-0a1b2c3d]
          not_before: 2026-01-01T00:00:00Z
          not_after: 2027-01-01T00:00:00Z
      - {bucket: datasets, prefix: net/, access: write, conditions: {networks: [198.51.100.0/24, "2001:db8::/32"]}}
      - {bucket: foreign, prefix: x/, access: read}
      - {bucket: loose, access: write, actions: ["s3:GetBucketVersioning"]}
      - {bucket: lake, prefix: b/c/, access: [read, write], clients: [arrow, s3fs], keys: ["*.csv", x/], exclude: y/}
      - {bucket: datasets, prefix: d/e/, access: list, versions: true, listing: bucket-root}
  mixed:
    identity:
      - {issuer: ci, repository: acme/eval, environment: production}
      - {issuer: generic, subject: "proj/*", unsafe_wildcard: many projects}
      - {issuer: ci, organization: acme, owner_id: "42"}
      - {issuer: realm, client_id: trainer, subject: 5f0c}
      - {issuer: cluster, namespace: "*", service_account: trainer, unsafe_wildcard: every team has one}
    keys: ["arn:aws:kms:eu-central-1:111122223333:key/more"]
    grants:
      - {bucket: datasets, access: list, actions: ["s3:GetObjectTagging"]}
      - {bucket: points, prefix: p/, access: read, access_point: mlpoint}
"""

CREATING = """
issuers: {ci: {preset: github}}
buckets:
  results: {encryption: kms}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: results, prefix: runs/, access: create}
"""


@dataclass(frozen=True)
class World:
    access: Access
    deployment: Deployment

    @classmethod
    def of(cls, text: str) -> "World":
        access = parse_access(text)
        return cls(access, deployment_of(compile_access(access, TARGET)))


def verdict(guarantee: Guarantee) -> Verdict:
    return prove(guarantee).verdict


def broken(guarantee: Guarantee) -> str:
    """The action and resource of the counterexample, and what is wrong with it."""
    answer: Answer = prove(guarantee)
    assert answer.counterexample is not None, answer
    request, _ = answer.counterexample.requests[0]
    return f"{request.action} {request.resource}: {answer.counterexample.description}"
