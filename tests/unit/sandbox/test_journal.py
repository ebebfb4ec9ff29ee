import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sandbox.inside import ACCOUNT, REGION

from bucketpass.errors import SandboxError
from bucketpass.sandbox.journal import ChangeJournal, StateChange
from bucketpass.sandbox.state import State

CHANGES = [StateChange("forward", 2**255, {"a": "b"}), StateChange("create_bucket", 1, {"c": True})]


def journal(folder: Path, account: str = ACCOUNT) -> ChangeJournal:
    return ChangeJournal(folder, account, REGION)


def written(folder: Path) -> list[StateChange]:
    again = journal(folder)
    found = list(again.changes())
    again.close()
    return found


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    first = journal(tmp_path / "kept")
    for change in CHANGES:
        first.append(change)
    first.close()
    return tmp_path / "kept"


def test_changes_come_back_in_order(filled: Path) -> None:
    assert written(filled) == CHANGES
    assert stat.S_IMODE((filled / "changes.jsonl").stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_is_dropped_and_the_next_one_whole(filled: Path) -> None:
    file = filled / "changes.jsonl"
    file.write_bytes(file.read_bytes() + b'{"kind": "forw')
    again = journal(filled)
    assert list(again.changes()) == CHANGES
    again.append(CHANGES[0])
    again.close()
    assert written(filled) == [*CHANGES, CHANGES[0]]


def test_one_process_has_it_at_a_time(filled: Path) -> None:
    held = journal(filled)
    with pytest.raises(SandboxError, match="another sandbox uses"):
        journal(filled)
    held.close()
    journal(filled).close()


def test_another_accounts_journal_is_refused(filled: Path) -> None:
    with pytest.raises(SandboxError, match="of another account"):
        journal(filled, "999999999999")
    assert written(filled) == CHANGES


@pytest.mark.parametrize("line", [b"no json\n", b'{"kind": "x"}\n', b"[]\n"])
def test_a_line_that_is_no_change_is_told(filled: Path, line: bytes) -> None:
    file = filled / "changes.jsonl"
    file.write_bytes(file.read_bytes() + line)
    again = journal(filled)
    with pytest.raises(SandboxError, match="line 4"):
        list(again.changes())
    again.close()


def test_a_replayed_state_has_the_same_names_and_keys(tmp_path: Path) -> None:
    def form(state: State, text: str) -> None:
        state.forward("iam", "POST", "/", (("Content-Type", "application/x-www-form-urlencoded"),), text.encode(), changes=True)

    first = journal(tmp_path)
    state = State(ACCOUNT, REGION, first)
    trust = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    )
    form(state, "Action=CreateUser&UserName=ann")
    form(state, "Action=CreateAccessKey&UserName=ann")
    form(state, f"Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={trust}")
    form(state, "Action=CreateUser&UserName=ann")
    state.create_bucket("bucket", "/bucket", (), b"", ownership="BucketOwnerEnforced", tags={"a": "b"})
    state.forward(
        "kms",
        "POST",
        "/",
        (("X-Amz-Target", "TrentService.CreateKey"), ("Content-Type", "application/x-amz-json-1.1")),
        b"{}",
        changes=True,
    )
    key_id, role, bucket = state._iam.users["ann"].access_keys[0].access_key_id, state.role("r"), state.bucket("bucket")
    key = state.access_key(key_id)
    kms = next(iter(state._kms.keys))
    first.close()
    again = journal(tmp_path)
    replayed = State(ACCOUNT, REGION, again)
    assert (replayed.role("r"), replayed.bucket("bucket"), replayed.access_key(key_id)) == (role, bucket, key)
    assert next(iter(replayed._kms.keys)) == kms
    assert len(list(again.changes())) == 5
    again.close()


def test_half_a_line_is_never_left(filled: Path) -> None:
    code = f"""
import resource, signal
from pathlib import Path
from bucketpass.errors import SandboxError
from bucketpass.sandbox.journal import ChangeJournal, StateChange
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
again = ChangeJournal(Path({str(filled)!r}), {ACCOUNT!r}, {REGION!r})
size = Path({str(filled / "changes.jsonl")!r}).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
for _ in range(2):
    try:
        again.append(StateChange("forward", 1, {{"a": "b" * 100}}))
    except SandboxError as error:
        print("no room" in str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\nTrue\n", "")
    assert written(filled) == CHANGES


def test_a_change_that_failed_is_taken_back(filled: Path) -> None:
    again = journal(filled)
    again.append(StateChange("forward", 4, {"f": "g"}))
    again.withdraw()
    again.append(StateChange("forward", 5, {"h": "i"}))
    again.close()
    assert [change.seed for change in written(filled)] == [*(change.seed for change in CHANGES), 5]


def test_a_journal_that_is_cleared_keeps_its_head(filled: Path) -> None:
    again = journal(filled)
    again.clear()
    again.append(CHANGES[1])
    again.close()
    assert written(filled) == [CHANGES[1]]
