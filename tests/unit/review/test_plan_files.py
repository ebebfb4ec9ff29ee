import pytest

from bucketpass.compile import Target
from bucketpass.errors import InvalidInput
from bucketpass.review import inventory_of, review
from bucketpass.review.plan_files import UNKNOWN_TEXT, pulumi_preview, terraform_plan


def test_modules_and_what_is_not_known_yet_are_read_from_a_terraform_plan() -> None:
    role = {"address": "module.a.aws_iam_role.r", "type": "aws_iam_role", "values": {"name": "r", "max_session_duration": None}}
    data = {"address": "data.aws_iam_role.x", "mode": "data", "type": "aws_iam_role", "values": {}}
    plan = {
        "planned_values": {
            "root_module": {"resources": [data], "child_modules": [{"resources": [role, {"address": "q", "type": "aws_sqs_queue"}]}]}
        },
        "resource_changes": [
            {"address": "module.a.aws_iam_role.r", "change": {"after_unknown": {"assume_role_policy": True, "arn": False}}}
        ],
    }
    (found,) = terraform_plan(plan, "plan.json")
    assert (found.type, found.name, found.properties) == ("iam.Role", "module.a.aws_iam_role.r", {"name": "r"})
    assert found.unknown == {"assumeRolePolicy"}
    assert (found.place.file, found.place.path) == ("plan.json", "module.a.aws_iam_role.r")


def test_what_a_pulumi_preview_leads_to_is_read_without_what_goes() -> None:
    def step(operation: str, **inputs: object) -> dict[str, object]:
        return {
            "op": operation,
            "newState": {"type": "aws:s3/bucket:Bucket", "urn": "urn:pulumi:d::p::aws:s3/bucket:Bucket::b", "inputs": inputs},
        }

    other = {"op": "create", "newState": {"type": "random:index:RandomId", "urn": "x", "inputs": {}}}
    (found,) = pulumi_preview(
        {"steps": [step("create", bucket="b", acl=UNKNOWN_TEXT), step("delete", bucket="c"), other, {"op": "same"}]}, "p.json"
    )
    assert (found.type, found.name, dict(found.properties), set(found.unknown)) == ("s3.Bucket", "b", {"bucket": "b"}, {"acl"})


def test_a_plan_and_a_preview_say_for_what_a_resource_is_replaced() -> None:
    values = {"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "values": {"bucket": "b"}}
    change = {"actions": ["delete", "create"], "replace_paths": [["object_lock_enabled"]]}
    plan = {
        "planned_values": {"root_module": {"resources": [values]}},
        "resource_changes": [{"address": "aws_s3_bucket.b", "change": change}],
    }
    new = {"type": "aws:s3/bucket:Bucket", "urn": "urn:pulumi:d::p::aws:s3/bucket:Bucket::b", "inputs": {"bucket": "b"}}
    preview = {"steps": [{"op": "replace", "newState": new, "replaceReasons": ["objectLockEnabled"]}]}
    for found in (*terraform_plan(plan, "p"), *pulumi_preview(preview, "p")):
        assert found.replaces == ("objectLockEnabled",)
        (finding,) = (one for one in review(inventory_of([found], Target("111122223333", "eu-west-1"))) if one.code == "bucket-replaced")
        assert "`objectLockEnabled`" in finding.message


@pytest.mark.parametrize("read", [terraform_plan, pulumi_preview])
def test_json_of_another_form_is_refused(read: object) -> None:
    with pytest.raises(InvalidInput, match="expected the output of"):
        list(read({}, "x.json"))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("project:///__main__.py#12", ("__main__.py", 12)),
        ("project:///infra/roles.py#7,3", ("infra/roles.py", 7)),
        ("project:///../elsewhere/lib.py#7", ("p.json", None)),
        ("", ("p.json", None)),
    ],
)
def test_a_preview_says_the_line_of_the_program(position: str, expected: tuple[str, int | None]) -> None:
    new = {"type": "aws:s3/bucket:Bucket", "urn": "urn:pulumi:d::p::aws:s3/bucket:Bucket::b", "inputs": {}, "sourcePosition": position}
    (found,) = pulumi_preview({"steps": [{"op": "create", "newState": new}]}, "p.json")
    assert (found.place.file, found.place.line, found.place.path) == (*expected, "b")
