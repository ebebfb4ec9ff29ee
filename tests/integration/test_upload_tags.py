"""A grant with `upload_tags`: real boto3 puts what brings the tags, and nothing else; and it is proved."""

from pathlib import Path
from typing import Any

import pytest
from tests.sandboxes import outcome, sandbox_world

from bucketpass.cli.main import main

pytestmark = pytest.mark.slow
ACCESS = """
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets: {datasets: {}}
services:
  labeller:
    identity: {issuer: okta, subject: 0oa1labeller}
    grants:
      - {bucket: datasets, prefix: labels/, access: write, upload_tags: {team: vision}}
      - {bucket: datasets, prefix: new/, access: create, upload_tags: {team: vision, kind: raw}}
"""


def test_only_what_brings_the_tags_is_put() -> None:
    with sandbox_world(ACCESS) as world:
        service: Any = world.service("labeller")
        there = {"Bucket": "datasets", "Key": "labels/x"}
        puts = {tags: outcome(service.put_object, **there, Tagging=tags) for tags in ("team=vision", "team=vision&a=b", "team=other", "")}
        assert puts == {"team=vision": "done", "team=vision&a=b": "done", "team=other": "AccessDenied", "": "AccessDenied"}
        assert outcome(service.put_object_tagging, **there, Tagging={"TagSet": []}) == "AccessDenied"
        upload = service.create_multipart_upload(**there, Tagging="team=vision")["UploadId"]
        assert outcome(service.upload_part, **there, UploadId=upload, PartNumber=1, Body=b"x") == "AccessDenied"
        assert outcome(service.abort_multipart_upload, **there, UploadId=upload) == "done"
        new = {"Bucket": "datasets", "Key": "new/x", "Tagging": "team=vision&kind=raw"}
        assert outcome(service.put_object, **new) == "AccessDenied"
        assert outcome(service.put_object, **new, IfNoneMatch="*") == "done"
        assert outcome(service.put_object, **new, IfNoneMatch="*") == "PreconditionFailed"
        assert world.s3().get_object_tagging(Bucket="datasets", Key="new/x")["TagSet"] == [
            {"Key": "team", "Value": "vision"},
            {"Key": "kind", "Value": "raw"},
        ]


def test_it_is_proved_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("access.yaml").write_text(ACCESS)
    assert main(["prove"]) == 0
    assert main(["check"]) == 0
    assert capsys.readouterr().out.count("single-put") == 2
