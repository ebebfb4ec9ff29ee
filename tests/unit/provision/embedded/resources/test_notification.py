from bucketpass.provision.embedded.resources.notification import notification_from_aws, notification_to_aws
from bucketpass.provision.embedded.values import Properties

QUEUE: Properties = {"queueArn": "arn:q", "events": ["s3:ObjectCreated:*"], "filterPrefix": "raw/", "filterSuffix": ".csv", "id": "new"}


def test_there_and_back_changes_nothing() -> None:
    wanted: Properties = {
        "eventbridge": True,
        "queues": [QUEUE],
        "topics": [{"topicArn": "arn:t", "events": ["s3:ObjectRemoved:*"], "id": "gone"}],
    }
    sent = notification_to_aws(wanted)
    assert sent["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"] == [
        {"Name": "prefix", "Value": "raw/"},
        {"Name": "suffix", "Value": ".csv"},
    ]
    assert notification_from_aws(sent) == wanted


def test_a_name_that_is_not_known_stays_to_be_refused() -> None:
    assert notification_to_aws({"queues": [{**QUEUE, "filterPrefx": "x"}]})["QueueConfigurations"][0]["filterPrefx"] == "x"
    assert notification_to_aws({"eventbridge": False}) == {}
