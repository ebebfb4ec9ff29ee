from bucketpass.aws.arn import Arn
from bucketpass.compile.plan import Origin, TracedDocument, TracedStatement, key_placeholder
from bucketpass.policy.document import Effect, PolicyDocument, Statement

READ = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("*",))


def test_a_traced_document_is_the_same_document_without_its_origins() -> None:
    traced = TracedDocument((TracedStatement(READ, (Origin("services.trainer.grants[0]", "trainer may read"),)),))
    assert traced.document == PolicyDocument((READ,))


def test_a_keys_placeholder_is_no_arn_and_names_its_bucket() -> None:
    assert Arn.parse(key_placeholder("datasets")) is None
    assert key_placeholder("datasets") != key_placeholder("models")
