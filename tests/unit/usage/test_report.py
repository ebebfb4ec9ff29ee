"""What is printed of logs: whole examples, and nobody's name with --redact."""

from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import DECLARATION, TARGET, Opened, deployed

from bucketpass.model import parse_access
from bucketpass.usage.grants import usage_of
from bucketpass.usage.replay import replay
from bucketpass.usage.report import replay_object, request_object, request_text, usage_object


def test_objects_have_their_schema_and_whole_examples(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", parameters={"key": "raw/a"}), web_identity_record("bucketpass-trainer", "ASIAEXAMPLE")])
    used = usage_object(usage_of(parse_access(DECLARATION), TARGET, engine, store), store.counts)
    assert (used["schema"], used["contradictions"]) == ("bucketpass.usage/2", [])
    found = replay(engine, store, deployed(DECLARATION.replace("prefix: raw/", "prefix: b/")))
    broken = replay_object(found, store.counts)["breaks"]
    assert isinstance(broken, list)
    assert (broken[0]["service"], broken[0]["requests"], broken[0]["example"]["key"]) == ("trainer", 1, "raw/a")
    assert broken[0]["reason"].startswith("s3:GetObject ")


def test_sessions_addresses_and_subjects_can_be_hashed(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", parameters={"key": "raw/a"}), web_identity_record("bucketpass-trainer", "ASIAEXAMPLE")])
    (row,) = replay(engine, store, deployed(DECLARATION)).rows
    plain, hashed = request_object(row.found), str(request_object(row.found, redact=True))
    assert (plain["session"], plain["source_ip"]) == ("session", "198.51.100.7")
    assert not any(text in hashed for text in ("198.51.100.7", "0oa1trainer", "'session': 'session'"))
    federated = {"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/bob@example.com"}
    engine, store = opened([s3_record("GetObject", parameters={"key": "raw/a"}, more={"userIdentity": federated})])
    ((other, _),) = usage_of(parse_access(DECLARATION), TARGET, engine, store).undeclared
    assert "bob@" in request_text(other) and "bob@" not in request_text(other, redact=True)
    assert request_text(row.found) == "role:111122223333/bucketpass-trainer (session) GetObject s3://datasets/raw/a"
