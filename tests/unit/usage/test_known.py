"""Answers to conditions on addresses, headers and sessions."""

import json

from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import Opened

from bucketpass.policy import Effect, parse_policy
from bucketpass.usage.known import known_lines
from bucketpass.usage.sql import Fragment
from bucketpass.usage.statement_tests import statements_of


def test_each_text_has_one_answer_for_each_condition(opened: Opened) -> None:
    rows = [s3_record("GetObject", parameters={"key": "a"}, more={"sourceIPAddress": address}) for address in ("198.51.100.7", "10.0.0.1")]
    engine, _ = opened([*rows, web_identity_record("bucketpass-trainer", "ASIAEXAMPLE", tags={"team": "t"})])
    networks = [f"198.51.{number}.0/24" for number in range(100, 120)]
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": network}}}
        for network in networks
    ]
    resource = "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"
    tagged = {"Effect": "Deny", "Action": "s3:*", "Resource": resource, "Condition": {"StringLike": {"aws:PrincipalTag/team": "t"}}}
    document = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [*statements, tagged]}))
    listed = statements_of([document])
    found = known_lines(engine, listed)
    first = found.line(listed[0].statement.conditions[0], True, Effect.ALLOW)
    assert first == Fragment("CAST(substr(network_classes.answers, ?, 1) AS BIGINT)", (1,))
    assert found.line(listed[-1].statement.conditions[0], True, Effect.DENY).text == "coalesce(session_classes.answer_1, 1)"
    assert found.variables == {"aws:principaltag/team": "session_classes.variable_0"}
    answers = engine.run(Fragment("SELECT source_ip, answers FROM network_classes ORDER BY source_ip"))
    assert answers == [("10.0.0.1", "0" * 20), ("198.51.100.7", "2" + "0" * 19)]
    assert engine.run(Fragment("SELECT access_key_id, variable_0, answer_1 FROM session_classes")) == [("ASIAEXAMPLE", "t", 2)]
