"""A service that is known by every kind of issuer that a form hands tokens over from."""

from bucketpass.configure import Site
from bucketpass.model import parse_access

TEXT = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
  ci: {preset: github}
  builds: {preset: gitlab, audience: https://s3.acme.io}
  cluster: {preset: kubernetes, url: https://oidc.acme.io/one}
  modal: {preset: modal}
  aws: {preset: aws, url: https://abc.tokens.sts.global.api.aws, audience: s3}
  keycloak: {preset: keycloak, url: https://id.acme.io/realms/ai, audience: s3}
buckets:
  datasets: {name: acme-datasets}
  logs: {}
services:
  trainer:
    identity:
      - {issuer: okta, client_id: 0oa1trainer}
      - {issuer: ci, repository: acme/eval, environment: production}
      - {issuer: builds, project: acme/train, branch: main}
      - {issuer: cluster, namespace: ml, service_account: trainer}
      - {issuer: modal, workspace_id: ac-1, environment: main, app: train, function: fit, container_id: ta-1}
      - {issuer: aws, role_arn: "arn:aws:iam::444455556666:role/notebooks"}
    session: {duration: 2h}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
      - {bucket: datasets, prefix: checkpoints/, access: [read, write]}
      - {bucket: datasets, prefix: part-, access: read}
      - {bucket: logs, access: [read, write]}
  tenant:
    identity: {issuer: keycloak, client_id: tenants, subject: 6f1c}
    grants:
      - {bucket: datasets, prefix: tenants/, access: read, per: tenant}
"""
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/bucketpass-trainer"
SITE = Site(parse_access(TEXT), ACCOUNT, "eu-west-1")
