from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from bucketpass.errors import DeclarationError, Diagnostic
from bucketpass.model import (
    Access,
    AccessLevel,
    Bucket,
    Grant,
    Identity,
    Issuer,
    Service,
    Session,
    load_access,
    parse_access,
    parse_declaration,
    parse_tree,
    read_declaration,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "access.yaml"
HEAD = """\
issuers:
  ci: {preset: github}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: ci, repository: acme/eval, branch: main}
"""


LEVELS = "abcdefgh"
# Each line has ten times the values of the one before it.
BOMB = "    policies:\n    - &a [x]\n" + "".join(
    f"    - &{after} [{', '.join([f'*{before}'] * 10)}]\n" for before, after in pairwise(LEVELS)
)


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(DeclarationError) as caught:
        parse_access(text, "access.yaml")
    return caught.value.diagnostics()


def positions(text: str) -> list[tuple[int | None, int | None, str]]:
    return [(found.place.line, found.place.column, found.place.path) for found in diagnostics(text)]


def test_the_example_is_the_same_in_python() -> None:
    assert load_access(EXAMPLE) == Access(
        issuers={
            "okta": Issuer(preset="okta", url="https://acme.okta.com/oauth2/default", audience=("s3-data",)),
            "ci": Issuer(preset="github"),
        },
        buckets={"datasets": Bucket(encryption="kms", exclusive=True, administrators=("arn:aws:iam::111122223333:role/platform-admin",))},
        services={
            "trainer": Service(
                identity=(Identity("okta", {"subject": "0oa1trainer"}),),
                session=Session(seconds=4 * 3600),
                grants=(
                    Grant("datasets", "raw/", (AccessLevel.READ,)),
                    Grant("datasets", "checkpoints/", (AccessLevel.WRITE,)),
                ),
            ),
            "evaluator": Service(
                identity=(Identity("ci", {"repository": "acme/eval", "environment": "production"}),),
                grants=(Grant("datasets", "checkpoints/", (AccessLevel.READ,)),),
            ),
        },
    )


def test_all_mistakes_come_at_once_each_at_its_own_place() -> None:
    text = """\
issuers:
  okta: {preset: okat, urll: x}
buckets:
  data: {encryption: kmss}
services:
  trainer:
    identity: {issuer: okto, subject: a}
    grants:
      - {bucket: dta, access: raed}
"""
    assert positions(text) == [
        (2, 18, "issuers.okta.preset"),
        (2, 24, "issuers.okta.urll"),
        (4, 22, "buckets.data.encryption"),
        (7, 16, "services.trainer.identity[0].issuer"),
        (9, 10, "services.trainer.grants[0].bucket"),
        (9, 31, "services.trainer.grants[0].access[0]"),
    ]
    assert [found.remedy for found in diagnostics(text)] == [
        "did you mean `okta`?",
        "did you mean `url`?",
        "did you mean `kms`?",
        "did you mean `okta`?",
        "did you mean `data`?",
        "did you mean `read`?",
    ]


@pytest.mark.parametrize("word", ["append-only", "append"])
def test_appending_is_to_create(word: str) -> None:
    text = (
        HEAD.replace("access: read", f"access: {word}")
        if "access: read" in HEAD
        else f"{HEAD}    grants: [{{bucket: data, access: {word}}}]\n"
    )
    assert any(found.remedy.startswith("write `create`") for found in diagnostics(text))


def test_a_mistake_names_its_file() -> None:
    assert str(diagnostics("issuers: 1\nbuckets: {}\nservices: {}")[0]).startswith("access.yaml:1:")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("- a\n", 1, "got a list, expected the declaration"),
        ("just text\n", 1, "got `just text`, expected the declaration"),
        ("issuers:\n\tci: {}\n", 2, "not YAML"),
        ("issuers: {\n", 2, "not YAML"),
        ("issuers: &a [*a]\nbuckets: {}\nservices: {}\n", 1, "got an alias inside of what it stands for"),
        (HEAD + "    policies: [&a {Statement: [*a]}]\n", 8, "got an alias inside of what it stands for"),
        (HEAD + BOMB, 15, "got aliases that stand for more than 2,000,000 values"),
        (HEAD + "    description: 'a\x07b'\n", 8, "it has the character U+0007"),
        (HEAD + "  trainer:\n    identity: {issuer: ci, subject: b}\n", 8, "got `trainer` twice, first on line 6"),
        (HEAD + "    <<: {}\n", 8, "merge key"),
        (HEAD + "    ? [a]\n    : b\n", 8, "got a list as a key"),
        (HEAD + "    grants: {bucket: datasets, access: read, key: {}}\n", 8, "got a mapping, expected text"),
        (HEAD + "    session: {duration: 4}\n", 8, "expected 15m to 12h"),
        (HEAD + "    session: {duration: soon}\n", 8, "expected a duration"),
        (HEAD + "    grants: {bucket: datasets}\n", 8, "`access` is missing"),
        (HEAD + "    description: yes\n", 8, "got `yes`, expected text"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, words: str) -> None:
    found = diagnostics(text)
    assert (found[0].place.line, words in found[0].message) == (line, True), found


def test_a_mistake_that_only_follows_from_another_is_not_told() -> None:
    text = HEAD.replace("{preset: github}", "{preset: okta, audience: a, url: [x]}").replace(
        "repository: acme/eval, branch: main", "subject: s"
    )
    assert [path for _, _, path in positions(text)] == ["issuers.ci.url"]
    fenced = HEAD.replace("datasets: {}", "datasets: {exclusive: true, administrators: [platform-admin]}")
    assert [path for _, _, path in positions(fenced)] == ["buckets.datasets.administrators[0]"]


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="does not exist"):
        load_access(tmp_path / "access.yaml")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_another_encoding_is_one_clear_error(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_bytes(HEAD.replace("acme", "äcme").encode(encoding))
    with pytest.raises(DeclarationError, match=r"UTF-8 at byte|NUL bytes") as raised:
        load_access(path)
    assert [one.remedy for one in raised.value.diagnostics()] == ["save it as UTF-8"]


def test_values_that_are_nested_endlessly_are_one_clear_error() -> None:
    (found,) = diagnostics(HEAD + f"    policies: [{{Statement: {'[' * 5000}{']' * 5000}}}]\n")
    assert found.message == "it is nested too deeply"


def test_an_alias_stands_for_its_value() -> None:
    text = HEAD + "    grants: [{bucket: datasets, access: &both [read, list]}, {bucket: datasets, prefix: a/, access: *both}]\n"
    first, second = parse_access(text).services["trainer"].grants
    assert first.access == second.access


def test_a_directory_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="is a folder, expected a declaration"):
        load_access(tmp_path)


@pytest.mark.parametrize(
    ("text", "messages", "remedies"),
    [
        (HEAD.replace("datasets: {}", "s3://datasets: {}"), ["got `s3://datasets`, expected a name"], ["remove `s3://`"]),
        (HEAD.replace("datasets: {}", "datasets: {name: 's3://data'}"), ["expected a bucket name"], ["remove `s3://`"]),
        (HEAD.replace("datasets: {}", "datasets: {name: 'arn:aws:s3:::data'}"), ["expected a bucket name"], ["remove `arn:aws:s3:::`"]),
        (
            HEAD.replace("datasets: {}", "datasets: {name: 'arn:aws-cn:s3:::data/raw/*'}"),
            ["expected a bucket name"],
            ["remove `arn:aws-cn:s3:::` and `/raw/*`"],
        ),
        (
            HEAD.replace("datasets: {}", "datasets: {name: 'https://data.s3.eu-central-1.amazonaws.com/raw'}"),
            ["expected a bucket name"],
            ["remove `https://` and `.s3.eu-central-1.amazonaws.com` and `/raw`"],
        ),
        (HEAD.replace("datasets: {}", "datasets: {region: eu-zentral-1}"), ["expected a Region such as `eu-central-1`"], [""]),
        (
            HEAD + "    grants: {bucket: datasets, prefix: a/, access: write, upload_tags: {'aws:x': a}}\n",
            ["expected the name of a tag that does not begin with `aws:`"],
            [""],
        ),
        (HEAD + "    grants: {bucket: 's3a://datasets/raw/', access: read}\n", ["unknown bucket"], ["remove `s3a://` and `/raw/`"]),
        (
            HEAD.replace("datasets: {}", "datasets: {access_points: [P]}")
            + "    grants: {bucket: datasets, prefix: raw/, access: read, access_point: P}\n",
            ["expected the name of an access point"],
            [""],
        ),
        (HEAD.replace("{preset: github}", "{<<: {preset: github}}"), ["got the merge key `<<`"], ["copy the fields"]),
        (
            HEAD.replace("{preset: github}", "!!python/name:os.system x"),
            ["got `x`, expected an issuer"],
            ["give its fields, such as `preset:`"],
        ),
        (
            "access:\n" + "".join(f"  {line}\n" for line in HEAD.splitlines()),
            ["unknown field `access` in the declaration"],
            ["move `issuers`, `buckets`, `services` out of it"],
        ),
        (
            HEAD + "    grants: {bucket: {prefix: raw/}, access: read}\n",
            ["got a mapping, expected text"],
            ["`prefix` belongs in `buckets.<name>.lifecycle.rules[]` or `buckets.<name>.logging` or `services.<name>.grants[]`"],
        ),
        (HEAD + "    grants: {bucket: 's3://datasets', access: read}\n", ["unknown bucket"], ["remove `s3://`"]),
        (
            HEAD + "    prefix: raw/\n",
            ["unknown field `prefix` in a service"],
            ["`prefix` belongs in `buckets.<name>.lifecycle.rules[]` or `buckets.<name>.logging` or `services.<name>.grants[]`"],
        ),
        (
            HEAD.replace("datasets: {}", "datasets: {<<: {versioning: true}, exclusive: true}"),
            ["got the merge key `<<`"],
            ["copy the fields"],
        ),
        (
            HEAD.replace("datasets: {}", "datasets: {}\n  issuers: {ci: {preset: github}}"),
            ["unknown field `ci` in a bucket"],
            ["move `issuers` to the top of the file"],
        ),
        (HEAD + "---\nissuers: {}\n", ["another document"], ["keep one document in the file"]),
        (
            HEAD + "    grants: {bucket: 'https://s3.eu-central-1.amazonaws.com/datasets', access: read}\n",
            ["unknown bucket"],
            ["remove `https://s3.eu-central-1.amazonaws.com/`"],
        ),
        (HEAD + "grants: []\n", ["unknown field `grants` in the declaration"], ["`grants` belongs in `services.<name>`"]),
        (HEAD + "    grants:\n      - <<: {bucket: datasets}\n", ["got the merge key `<<`"], ["copy the fields"]),
        (
            HEAD.replace("datasets: {}", "datasets: {exclusive: true, administrators: [platform-admin]}"),
            ["got `platform-admin`, expected an ARN"],
            ["write it in full, such as `arn:aws:iam::111122223333:role/NAME`"],
        ),
        (
            HEAD + "    session: {duration: 2 hours}\n",
            ["expected a duration such as"],
            ["write a number and its unit without a blank, from `15m` to `12h`"],
        ),
        (HEAD + "    session: {duration: 24h}\n", ["expected 15m to 12h"], ["write `12h`, the longest that there is"]),
        (
            HEAD.replace(", branch: main", ""),
            ["got the fields repository"],
            ["add `environment:` or `branch:` or `tag:` or `event:`: the subject must be pinned as a whole"],
        ),
        ("- a\n", ["got a list"], ["give its fields, such as `issuers:`"]),
    ],
)
def test_a_common_slip_is_one_mistake_with_its_remedy(text: str, messages: list[str], remedies: list[str]) -> None:
    found = diagnostics(text)
    assert [one.remedy for one in found] == remedies
    assert all(words in one.message for words, one in zip(messages, found, strict=True))


def test_a_declaration_as_values_is_the_same_as_its_text() -> None:
    tree = yaml.safe_load(EXAMPLE.read_text())
    assert parse_tree(tree) == load_access(EXAMPLE)


def test_claims_may_stand_by_themselves_in_values() -> None:
    tree = yaml.safe_load(HEAD)
    identity = tree["services"]["trainer"]["identity"]
    tree["services"]["trainer"]["identity"] = {
        "issuer": "ci",
        "claims": {"repository": identity["repository"], "branch": identity["branch"]},
    }
    assert parse_tree(tree) == parse_access(HEAD)


def test_a_mistake_in_values_has_its_path_and_no_line() -> None:
    tree = yaml.safe_load(HEAD) | {"name": "-"}
    tree["services"]["trainer"]["grants"] = [{"bucket": "dta", "prefix": "x" * 2000, "access": "read"}]
    with pytest.raises(DeclarationError) as raised:
        parse_tree(tree, "FederatedAccess ai")
    assert {str(found.place) for found in raised.value.diagnostics()} == {
        "FederatedAccess ai name",
        "FederatedAccess ai services.trainer.grants[0].bucket",
        "FederatedAccess ai services.trainer.grants[0].prefix",
    }


def test_a_file_that_is_not_utf8_is_told_with_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "access.yaml"
    file.write_bytes(b"name: \xff")
    with pytest.raises(DeclarationError, match="not UTF-8 at byte 6"):
        load_access(file)


def test_places_of_what_is_not_written_are_those_around_it() -> None:
    declaration = parse_declaration(HEAD, "access.yaml")
    assert declaration.place("services.trainer.session.duration").line == 6
    assert declaration.place("services.trainer.identity[0]").line == 7
    assert read_declaration(EXAMPLE).place("services.evaluator.grants[0]").line is not None


def test_the_fields_of_an_identity_are_not_judged_while_the_preset_of_its_issuer_is_a_mistake() -> None:
    assert positions(HEAD.replace("github", "gihtub")) == [(2, 16, "issuers.ci.preset")]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("encryption: {key: 'arn:aws:kms:eu-west-1:111122223333:alias/data'}", "expected the ARN of a key, not of an alias"),
        ("encryption: {key: 'arn:aws:kms:eu-west-1:111122223333:key/1'}", ""),
    ],
)
def test_a_key_is_named_by_its_own_arn(written: str, words: str) -> None:
    text = HEAD.replace("datasets: {}", f"datasets: {{{written}}}")
    if not words:
        parse_access(text)
        return
    (found,) = diagnostics(text)
    assert words in found.message


@pytest.mark.parametrize("name", ["aws:team", "AWS:team"])
def test_a_tag_that_aws_keeps_to_itself_is_refused(name: str) -> None:
    (found,) = diagnostics(f"{HEAD}tags: {{'{name}': ml}}\n")
    assert "does not begin with `aws:`" in found.message
