from bucketpass.requests import callers
from bucketpass.requests.callers import PrincipalKind


def test_a_session_is_named_by_its_role_without_path() -> None:
    session = callers.role_session("arn:aws-cn:iam::111122223333:role/team/trainer", "run", role_id="AROAX")
    assert session.principal.session_arn == "arn:aws-cn:sts::111122223333:assumed-role/trainer/run"
    assert (session.principal.arn, session.user_id) == ("arn:aws-cn:iam::111122223333:role/team/trainer", "AROAX:run")
    assert callers.role_session("arn:aws:iam::111122223333:role/trainer", "run").user_id == ""


def test_a_session_tag_replaces_the_roles_in_any_case() -> None:
    session = callers.role_session(
        "arn:aws:iam::111122223333:role/trainer", "run", role_tags={"team": "ml", "cost": "1"}, session_tags={"Team": "eval"}
    )
    assert session.tags == {"Team": "eval", "cost": "1"}


def test_each_kind_of_caller_has_its_type_and_account() -> None:
    made = [
        (callers.ANONYMOUS, ("Anonymous", "anonymous")),
        (callers.root_user("111122223333"), ("Account", "111122223333")),
        (callers.iam_user("arn:aws:iam::111122223333:user/ann", "AIDAX"), ("User", "111122223333")),
        (callers.role_session("arn:aws:iam::111122223333:role/trainer", "run"), ("AssumedRole", "111122223333")),
        (callers.web_identity("arn:aws:iam::111122223333:oidc-provider/x.example", "111122223333"), ("User", "111122223333")),
        (callers.aws_service("logging.s3.amazonaws.com"), ("", "")),
        (callers.canonical_user("c0ffee"), ("", "")),
        (callers.origin_access_identity("E1", "0a1b"), ("", "")),
    ]
    assert {caller.principal.kind for caller, _ in made} == set(PrincipalKind)
    assert [(caller.type, caller.account) for caller, _ in made] == [expected for _, expected in made]
    assert [caller.principal.kind for caller, _ in made if caller.is_service] == [PrincipalKind.SERVICE]
