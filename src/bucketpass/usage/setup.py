"""The AWS configuration that usage needs: the trail's event selectors, and a table for Athena.

Source: CloudTrail User Guide, "Logging data events", "Creating a table for CloudTrail logs in Athena"; CloudTrail pricing,
data events at 0.10 US dollars for 100,000 [A: price of us-east-1].
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["event_selectors", "monthly_cost", "table_definition"]

# US dollars for 100,000 data events.
PRICE = 0.10
EVENTS_PRICED = 100_000


def event_selectors(buckets: Sequence[str], partition: str = "aws") -> list[dict[str, object]]:
    """Advanced event selectors: management events (STS says who assumed a role), and every object request to the buckets."""
    arns = [f"arn:{partition}:s3:::{bucket}/" for bucket in buckets]
    return [
        {"Name": "who assumed which role", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
        {
            "Name": "reads and writes of the declared buckets",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": arns},
            ],
        },
    ]


def monthly_cost(requests: int) -> float:
    """US dollars a month for so many requests a month."""
    return requests / EVENTS_PRICED * PRICE


def table_definition(location: str, account: str, regions: Sequence[str], first_day: str) -> str:
    """The statement that creates the table in Athena: AWS's own columns, with those that its example leaves out.

    `location`: the trail's `s3://BUCKET/PREFIX/AWSLogs/`; `first_day` as `2026/01/01`.
    """
    return _TABLE.format(location=location.rstrip("/"), account=account, regions=",".join(regions), first_day=first_day)


_TABLE = """\
CREATE EXTERNAL TABLE cloudtrail_logs (
  eventVersion STRING,
  userIdentity STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, accessKeyId: STRING, userName: STRING,
    invokedBy: STRING, identityProvider: STRING, sessionContext: STRUCT<
      attributes: STRUCT<mfaAuthenticated: STRING, creationDate: STRING>,
      sessionIssuer: STRUCT<type: STRING, principalId: STRING, arn: STRING, accountId: STRING, userName: STRING>,
      sourceIdentity: STRING,
      webIdFederationData: STRUCT<federatedProvider: STRING, attributes: MAP<STRING, STRING>>>>,
  eventTime STRING,
  eventSource STRING,
  eventName STRING,
  awsRegion STRING,
  sourceIpAddress STRING,
  userAgent STRING,
  errorCode STRING,
  errorMessage STRING,
  requestParameters STRING,
  responseElements STRING,
  additionalEventData STRING,
  requestId STRING,
  eventId STRING,
  readOnly STRING,
  resources ARRAY<STRUCT<ARN: STRING, ARNPrefix: STRING, accountId: STRING, type: STRING>>,
  eventType STRING,
  recipientAccountId STRING,
  sharedEventId STRING,
  vpcEndpointId STRING,
  eventCategory STRING,
  addendum STRUCT<reason: STRING, originalEventID: STRING>,
  tlsDetails STRUCT<tlsVersion: STRING, cipherSuite: STRING, clientProvidedHostHeader: STRING>
)
PARTITIONED BY (region STRING, day STRING)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '{location}/{account}/CloudTrail/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.region.type' = 'enum',
  'projection.region.values' = '{regions}',
  'projection.day.type' = 'date',
  'projection.day.range' = '{first_day},NOW',
  'projection.day.format' = 'yyyy/MM/dd',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'storage.location.template' = '{location}/{account}/CloudTrail/${{region}}/${{day}}'
);
"""
