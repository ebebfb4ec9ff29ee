import pytest

from bucketpass.compile import Target
from bucketpass.errors import InvalidInput
from bucketpass.review.cloudformation import cloudformation_resources
from bucketpass.review.resources import ReviewedResource

TARGET = Target("111122223333", "eu-west-1")


def read(text: str) -> dict[str, ReviewedResource]:
    return {f"{one.type} {one.name}": one for one in cloudformation_resources(text, "t.yaml", TARGET)}


def test_functions_are_worked_out_as_far_as_a_template_says_what_they_give() -> None:
    found = read("""
Parameters: {Prefix: {Default: lab}, Other: {Type: String}}
Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${Prefix}-data-${AWS::Region}"}}
  Plain: {Type: AWS::S3::Bucket}
  Read:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: [{Resource: [!GetAtt Data.Arn, !Join ["", [!GetAtt Data.Arn, "/*"]], {"Fn::Sub": ["${B}/x", {B: !GetAtt Data.Arn}]}]}]
      Roles: [!Ref Job]
  Job:
    Type: AWS::IAM::Role
    Properties: {RoleName: job, AssumeRolePolicyDocument: {Statement: [{Principal: {Federated: !Ref Issuer}}]}}
  Late: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Data, PolicyDocument: {Id: !ImportValue x}}}
  Also: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Plain, PolicyDocument: {Id: !Ref Other}}}
  Issuer: {Type: AWS::IAM::OIDCProvider, Properties: {Url: "https://acme.okta.com", ClientIdList: [a]}}
""")
    arn = "arn:aws:s3:::lab-data-eu-west-1"
    assert found["s3.Bucket Data"].properties["bucket"] == "lab-data-eu-west-1"
    assert found["s3.Bucket Plain"].properties["bucket"] == "plain"
    assert found["iam.Policy Read"].properties["policy"] == {"Statement": [{"Resource": [arn, f"{arn}/*", f"{arn}/x"]}]}
    attached = found["iam.RolePolicyAttachment Read"].properties
    assert attached == {"role": "job", "policyArn": "arn:aws:iam::111122223333:policy/Read"}
    trust = found["iam.Role Job"].properties["assumeRolePolicy"]
    assert trust["Statement"][0]["Principal"]["Federated"] == "arn:aws:iam::111122223333:oidc-provider/acme.okta.com"
    assert [found[f"s3.BucketPolicy {name}"].unknown for name in ("Late", "Also")] == [{"policy"}, {"policy"}]
    assert found["iam.Role Job"].place.line == 12


def test_inline_policies_and_a_buckets_block_are_resources_of_their_own() -> None:
    found = read("""
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties: {BucketName: b, PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: "true"}}
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, Policies: [{PolicyName: p, PolicyDocument: {Statement: []}}]}}
""")
    assert found["s3.BucketPublicAccessBlock B"].properties == {"bucket": "b", "blockPublicAcls": True, "blockPublicPolicy": True}
    assert found["iam.RolePolicy R"].properties == {"role": "r", "name": "p", "policy": {"Statement": []}}


@pytest.mark.parametrize(("text", "words"), [("- 1", "no `Resources`"), ("a: [", "cannot be read as YAML"), ("{}", "no `Resources`")])
def test_what_is_not_a_template_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read(text)
