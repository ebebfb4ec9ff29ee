"""The texts that fields of a declaration take: names, ARNs, Regions, tags, each with its form."""

from dataclasses import replace
from typing import Annotated

from bucketpass.aws.regions import REGION_NAME
from bucketpass.model.shape import ANY_TEXT, Text

__all__ = [
    "ARN",
    "AROUND_BUCKETS",
    "KEY_ARN",
    "NAME",
    "POLICY",
    "PRINCIPAL_ARN",
    "TRUSTED",
    "AccessPointName",
    "AnyText",
    "Arn",
    "BucketName",
    "KeyArn",
    "KeyPattern",
    "Name",
    "ObjectTag",
    "Reason",
    "Region",
    "SessionTag",
    "Tag",
    "TagValue",
    "Vpc",
    "VpcEndpoint",
]

# What people write around a bucket's name: a scheme with S3's host or without, or the ARN's beginning; S3's host; what is below the bucket.
AROUND_BUCKETS = r"(https?://s3[.-][a-z0-9.-]+/|[A-Za-z0-9+.-]+://|(?i:arn:aws[a-z-]*:s3:::))?(?!arn:)[^/:]+?(\.s3[.-][a-z0-9.-]+)?(/.*)?"
ARN = Text("an ARN", r"arn:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:\w*:[\x21-\x7e]+")
PRINCIPAL_ARN = replace(ARN, example="arn:aws:iam::111122223333:role/NAME")
# IAM does not take an alias for the key that it leads to: a grant on it would allow nothing.
KEY_ARN = Text("the ARN of a key, not of an alias", rf"(?!arn:[^:]*:kms:[^:]*:[^:]*:alias/){ARN.pattern}")
POLICY = Text("the ARN of a managed policy, or a policy", r"arn:\S+|\{[\s\S]*\}")
TRUSTED = Text(
    "the ARN of a principal, an AWS service, `sso:<permission set>`, or a statement",
    r"arn:\S+|[a-z0-9.-]+\.amazonaws\.com(\.cn)?|sso:[\w+=,.@-]{1,32}|\{[\s\S]*\}",
)

NAME = Text("a name of letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]*", around=AROUND_BUCKETS)

Name = Annotated[str, NAME]
Arn = Annotated[str, ARN]
KeyArn = Annotated[str, KEY_ARN]
BucketName = Annotated[
    str, Text("a bucket name (3 to 63 of a-z, 0-9, `-` and `.`)", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", around=AROUND_BUCKETS)
]
Reason = Annotated[str, Text("a reason")]
AnyText = Annotated[str, Text("text", r"[\s\S]*")]
KeyPattern = Annotated[str, Text("a pattern of keys", ANY_TEXT)]
Region = Annotated[str, Text("a Region such as `eu-central-1`", REGION_NAME)]
AccessPointName = Annotated[str, Text("the name of an access point", r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")]
Vpc = Annotated[str, Text("the ID of a VPC", r"vpc-[0-9a-f]+")]
VpcEndpoint = Annotated[str, Text("the ID of a VPC endpoint", r"vpce-[0-9a-f]+")]
SessionTag = Annotated[str, Text("the name of a session tag", r"[\w.:/=+@-]{1,128}")]
TagValue = Annotated[str, Text("the value of a tag", r"[\w .:/=+@-]*")]
ObjectTag = Annotated[str, Text("the name of a tag", r"[\w .:/=+@-]+")]
Tag = Annotated[str, Text("the name of a tag that does not begin with `aws:`", r"(?![aA][wW][sS]:)[\w .:/=+@-]+")]
