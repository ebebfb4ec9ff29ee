"""The AWS configuration that usage needs."""

from bucketpass.usage.setup import event_selectors, monthly_cost, table_definition


def test_reads_and_writes_of_the_buckets_are_logged_and_who_assumed_roles() -> None:
    management, data = event_selectors(["a", "b"])
    assert management["FieldSelectors"] == [{"Field": "eventCategory", "Equals": ["Management"]}]
    fields = data["FieldSelectors"]
    assert isinstance(fields, list)
    # Without a selector on readOnly both are logged.
    assert {field["Field"] for field in fields} == {"eventCategory", "resources.type", "resources.ARN"}
    assert fields[-1]["StartsWith"] == ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]


def test_the_table_keeps_what_an_answer_needs() -> None:
    text = table_definition("s3://logs/AWSLogs/", "111122223333", ["us-east-1"], "2026/01/01")
    assert all(
        name in text for name in ("ARNPrefix", "sourceIdentity", "webIdFederationData", "sharedEventId", "vpcEndpointId", "addendum")
    )
    assert "'s3://logs/AWSLogs/111122223333/CloudTrail/${region}/${day}'" in text


def test_the_cost_is_by_the_hundred_thousand() -> None:
    assert monthly_cost(50_000_000) == 50.0
