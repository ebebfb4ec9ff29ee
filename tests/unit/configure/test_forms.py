"""Each form is what its platform takes: read by the platform's own published schema, or by its own reader."""

import ast
import configparser
import json
import shlex
from importlib.resources import files
from itertools import pairwise
from typing import Any

import botocore.session
import botocore.validate
import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from tests.unit.configure.declaration import ACCOUNT, ROLE, SITE

from bucketpass.configure import FORMS, Options, Site, service_text
from bucketpass.errors import InvalidInput
from bucketpass.model import parse_access

ENVIRONMENT = {
    "AWS_ROLE_ARN": ROLE,
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/bucketpass/token",
    "AWS_ROLE_SESSION_NAME": "trainer",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def check_schema(name: str, document: Any) -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json").read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(document)


def test_kubernetes_takes_the_manifest_and_the_token_is_for_one_audience_and_no_longer_than_an_hour() -> None:
    account, pod = yaml.safe_load_all(service_text("trainer", "kubernetes", SITE))
    for document in (account, pod):
        kubernetes_validate.validate(document, "1.31", strict=True)
    assert account["metadata"] == {"name": "trainer", "namespace": "ml"}
    assert pod["spec"]["serviceAccountName"] == "trainer"
    projected = pod["spec"]["volumes"][0]["projected"]["sources"]
    assert projected == [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 3600, "path": "token"}}]
    container = pod["spec"]["containers"][0]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == ENVIRONMENT
    assert container["volumeMounts"] == [{"name": "bucketpass-token", "mountPath": "/var/run/secrets/bucketpass", "readOnly": True}]


@pytest.mark.parametrize(
    ("service", "settings"),
    [
        ("tenant", {"BUCKETPASS_OAUTH_ISSUER": "https://id.acme.io/realms/ai", "BUCKETPASS_OAUTH_CLIENT_ID": "tenants"}),
        ("trainer", {"BUCKETPASS_OAUTH_ISSUER": "https://acme.okta.com/oauth2/default", "BUCKETPASS_OAUTH_SCOPE": "s3"}),
    ],
)
def test_kubernetes_takes_a_pod_whose_sidecar_is_an_oauth_client(service: str, settings: dict[str, str]) -> None:
    (pod,) = yaml.safe_load_all(service_text(service, "kubernetes-oauth", SITE))
    kubernetes_validate.validate(pod, "1.31", strict=True)
    sidecar, app = pod["spec"]["initContainers"][0], pod["spec"]["containers"][0]
    of_sidecar, of_app = ({entry["name"]: entry["value"] for entry in one["env"]} for one in (sidecar, app))
    assert settings.items() <= of_sidecar.items()
    assert of_sidecar["AWS_ROLE_ARN"].endswith(f"role/bucketpass-{service}")
    assert of_sidecar["BUCKETPASS_OAUTH_CLIENT_SECRET_FILE"] == "/var/run/secrets/bucketpass/client-secret"
    assert of_app["AWS_DEFAULT_REGION"] == of_app["AWS_REGION"] == "eu-west-1"
    # The service sees neither the client nor a role of its own: it has what the sidecar gives.
    assert not {name for name in of_app if name.startswith(("BUCKETPASS", "AWS_ROLE"))}
    assert [mount["name"] for mount in app["volumeMounts"]] == ["endpoint"]
    for container in (sidecar, app):
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_github_takes_the_workflow_and_it_may_ask_for_a_token_and_nothing_else() -> None:
    workflow = yaml.safe_load(service_text("trainer", "github", SITE))
    check_schema("github-workflows", workflow)
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    job = workflow["jobs"]["trainer"]
    assert job["environment"] == "production"
    assert job["steps"][1]["with"] == {
        "role-to-assume": ROLE,
        "role-session-name": "trainer",
        "role-duration-seconds": 7200,
        "aws-region": "eu-west-1",
        "audience": "sts.amazonaws.com",
    }


@pytest.mark.parametrize(
    ("claim", "trigger"),
    [
        ("branch: main", {"push": {"branches": ["main"]}}),
        ("tag: v1", {"push": {"tags": ["v1"]}}),
        ("event: pull_request", {"pull_request": {}}),
        ("environment: production", {}),
    ],
)
def test_a_workflow_starts_where_its_token_is_accepted(claim: str, trigger: dict[str, Any]) -> None:
    access = parse_access(
        "issuers: {ci: {preset: github}}\nbuckets: {data: {}}\nservices:\n  eval:\n"
        f"    identity: {{issuer: ci, repository: acme/eval, {claim}}}\n    grants: [{{bucket: data, access: read}}]\n"
    )
    workflow = yaml.safe_load(service_text("eval", "github", Site(access, ACCOUNT, "eu-west-1")))
    check_schema("github-workflows", workflow)
    assert workflow["on"] == {"workflow_dispatch": {}} | trigger


def test_gitlab_takes_the_job_and_the_token_is_for_the_declared_audience() -> None:
    pipeline = yaml.safe_load(service_text("trainer", "gitlab", SITE))
    check_schema("gitlab-ci", pipeline)
    job = pipeline["trainer"]
    assert job["id_tokens"] == {"GITLAB_OIDC_TOKEN": {"aud": "https://s3.acme.io"}}
    assert job["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" not in job["variables"]


def test_compose_takes_the_file_and_the_folder_of_the_token_is_mounted_read_only() -> None:
    document = yaml.safe_load(service_text("trainer", "compose", SITE, Options(image="registry.acme.io/trainer@sha256:ab")))
    check_schema("compose-spec", document)
    service = document["services"]["trainer"]
    assert service["environment"] == ENVIRONMENT
    assert service["image"] == "registry.acme.io/trainer@sha256:ab"
    assert service["volumes"][0]["read_only"] is True


def test_docker_is_one_command_that_a_shell_reads() -> None:
    text = service_text("trainer", "docker", SITE)
    words = shlex.split(text, comments=True)
    assert words[:3] == ["docker", "run", "--rm"]
    assert words[-1] == "trainer:latest"
    given = dict(word.split("=", 1) for flag, word in pairwise(words) if flag == "--env")
    assert given == ENVIRONMENT


def test_the_environment_is_what_a_shell_would_export() -> None:
    lines = [shlex.split(line) for line in service_text("trainer", "env", SITE).splitlines()]
    assert {word.split("=", 1)[0]: word.split("=", 1)[1] for _, word in lines} == ENVIRONMENT
    assert {first for first, _ in lines} == {"export"}


def test_the_profile_is_read_by_the_aws_sdk(tmp_path: Any) -> None:
    file = tmp_path / "config"
    file.write_text(service_text("trainer", "aws-profile", SITE))
    session = botocore.session.Session(profile="trainer")
    session.set_config_variable("config_file", str(file))
    assert session.get_scoped_config() == {
        "role_arn": ROLE,
        "web_identity_token_file": "/var/run/secrets/bucketpass/token",
        "role_session_name": "trainer",
        "region": "eu-west-1",
    }


def test_the_credential_process_gets_its_words_as_they_are() -> None:
    profile = configparser.RawConfigParser()
    profile.read_string(service_text("trainer", "credential-process", SITE, Options(source="command:get token")))
    words = shlex.split(profile["profile trainer"]["credential_process"])
    assert words[:2] == ["bucketpass", "credential-process"]
    assert dict(zip(words[2::2], words[3::2], strict=True)) == {
        "--role-arn": ROLE,
        "--source": "command:get token",
        "--audience": "s3-data",
        "--session-name": "trainer",
        "--region": "eu-west-1",
    }


def test_the_credential_process_of_a_spiffe_identity_asks_the_workload_api() -> None:
    declaration = """
issuers: {spire: {preset: spiffe, url: https://oidc.acme.io, audience: s3}}
buckets: {datasets: {}}
services:
  trainer: {identity: {issuer: spire, spiffe_id: "spiffe://acme.io/trainer"}, grants: [{bucket: datasets, prefix: raw/, access: read}]}
"""
    site = Site(parse_access(declaration), "111122223333", "eu-west-1")
    assert " --source spiffe " in service_text("trainer", "credential-process", site)
    with pytest.raises(InvalidInput, match=r"choose `docker` or .*`credential-process`"):
        service_text("trainer", "kubernetes", site)


def test_the_unit_has_the_environment() -> None:
    unit = service_text("trainer", "systemd", SITE).splitlines()
    assert [line for line in unit if not line.startswith("#")] == [
        "[Service]",
        *(f'Environment="{name}={value}"' for name, value in ENVIRONMENT.items()),
    ]


def test_modal_mounts_each_folder_and_names_what_it_cannot_mount() -> None:
    text = service_text("trainer", "modal", SITE)
    volumes = next(node for node in ast.parse(text).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VOLUMES")
    assert isinstance(volumes.value, ast.Dict)
    calls = [value for value in volumes.value.values if isinstance(value, ast.Call)]
    mounts = {
        ast.literal_eval(key): [ast.literal_eval(call.args[0]), {word.arg: ast.literal_eval(word.value) for word in call.keywords}]
        for key, call in zip(volumes.value.keys, calls, strict=True)
        if key is not None
    }
    assert mounts == {
        "/datasets/raw": ["acme-datasets", {"key_prefix": "raw/", "oidc_auth_role_arn": ROLE, "read_only": True}],
        "/datasets/checkpoints": ["acme-datasets", {"key_prefix": "checkpoints/", "oidc_auth_role_arn": ROLE, "read_only": False}],
        "/logs": ["logs", {"oidc_auth_role_arn": ROLE, "read_only": False}],
    }
    assert "reach it with an S3 client): 'datasets/part-'" in text
    assert "modal.App('train')" in text
    assert "@app.function(name='fit'" in text


def test_sagemaker_takes_the_fields_of_a_training_job() -> None:
    fields = json.loads(service_text("trainer", "sagemaker", SITE))
    shape = botocore.session.Session().get_service_model("sagemaker").operation_model("CreateTrainingJob").input_shape
    rest = {
        "TrainingJobName": "fit",
        "RoleArn": "arn:aws:iam::444455556666:role/notebooks",
        "OutputDataConfig": {"S3OutputPath": "s3://out"},
        "ResourceConfig": {"VolumeSizeInGB": 1, "InstanceType": "ml.m5.large", "InstanceCount": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    assert shape is not None
    report = botocore.validate.ParamValidator().validate(fields | rest, shape)
    assert not report.has_errors(), report.generate_report()
    assert shlex.split(fields["Environment"]["BUCKETPASS_TOKEN_COMMAND"])[:5] == [
        "aws",
        "sts",
        "get-web-identity-token",
        "--audience",
        "s3",
    ]


@pytest.mark.parametrize("form", ["kubernetes", "github", "gitlab", "modal", "sagemaker"])
def test_a_form_of_one_platform_refuses_a_service_that_is_not_known_there(form: str) -> None:
    with pytest.raises(InvalidInput, match=r"has no identity of.*\(choose `kubernetes-oauth`, or give"):
        service_text("tenant", form, SITE)


@pytest.mark.parametrize("form", ["modal", "sagemaker"])
def test_what_reaches_aws_alone_is_not_given_for_another_endpoint(form: str) -> None:
    with pytest.raises(InvalidInput, match="reaches AWS itself only"):
        service_text("trainer", form, Site(SITE.access, ACCOUNT, "eu-west-1", "https://localhost:1"))


def test_a_service_account_that_is_a_pattern_is_no_manifest() -> None:
    access = parse_access(
        "issuers: {one: {preset: kubernetes, url: https://oidc.acme.io/one}}\nbuckets: {data: {}}\nservices:\n  any:\n"
        "    identity: {issuer: one, namespace: ml, service_account: '*', unsafe_wildcard: the namespace is ours}\n"
        "    grants: [{bucket: data, access: read}]\n"
    )
    with pytest.raises(InvalidInput, match="is not a service account"):
        service_text("any", "kubernetes", Site(access, ACCOUNT, "eu-west-1"))


def test_an_unknown_form_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidInput, match=r"`helm` is not a form \(expected one of kubernetes"):
        service_text("trainer", "helm", SITE)


@pytest.mark.parametrize("form", FORMS)
def test_no_place_of_a_template_is_left_unfilled(form: str) -> None:
    assert "<<" not in service_text("trainer", form, SITE)


def test_a_pod_passes_pod_security_restricted() -> None:
    documents = list(yaml.safe_load_all(service_text("trainer", "kubernetes", SITE)))
    spec = documents[1]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert spec["automountServiceAccountToken"] is False


def test_mountpoint_mounts_what_the_service_reads_as_the_pod_itself() -> None:
    manifest = yaml.safe_load(service_text("trainer", "mountpoint-csi", SITE))
    for document in manifest["items"]:
        kubernetes_validate.validate(document, "1.31", strict=True)
    kinds = [document["kind"] for document in manifest["items"]]
    assert kinds == ["ServiceAccount", *["PersistentVolume"] * 3, *["PersistentVolumeClaim"] * 3, "Pod"]
    account, volumes, claims, pod = (manifest["items"][0], manifest["items"][1:4], manifest["items"][4:7], manifest["items"][7])
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": ROLE}
    attributes = {"bucketName": "acme-datasets", "authenticationSource": "pod", "stsRegion": "eu-west-1"}
    assert volumes[0]["spec"]["csi"] == {"driver": "s3.csi.aws.com", "volumeHandle": "ml-trainer-1", "volumeAttributes": attributes}
    who = ["allow-other", "uid=10001", "gid=10001"]
    assert [volume["spec"]["mountOptions"] for volume in volumes] == [
        ["region eu-west-1", "prefix raw/", *who, "read-only"],
        ["region eu-west-1", "prefix checkpoints/", *who, "allow-overwrite"],
        ["region eu-west-1", *who, "allow-overwrite"],
    ]
    assert [volume["spec"]["accessModes"] for volume in volumes] == [["ReadOnlyMany"], ["ReadWriteMany"], ["ReadWriteMany"]]
    assert [claim["spec"]["volumeName"] for claim in claims] == [volume["metadata"]["name"] for volume in volumes]
    assert [mount["mountPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"]] == [
        "/datasets/raw",
        "/datasets/checkpoints",
        "/logs",
    ]


@pytest.mark.parametrize(
    ("grants", "audience", "words"),
    [("bucket: data, prefix: in/, access: write", "sts.amazonaws.com", "reads a folder"), ("bucket: data, access: read", "s3", "audience")],
)
def test_mountpoint_is_refused_where_it_could_not_mount(grants: str, audience: str, words: str) -> None:
    text = (
        f"issuers: {{cluster: {{preset: kubernetes, url: https://k.acme.io, audience: {audience}}}}}\nbuckets: {{data: {{}}}}\n"
        f"services: {{job: {{identity: {{issuer: cluster, namespace: a, service_account: b}}, grants: {{{grants}}}}}}}\n"
    )
    with pytest.raises(InvalidInput, match=words):
        service_text("job", "mountpoint-csi", Site(parse_access(text), ACCOUNT, "eu-west-1"))
