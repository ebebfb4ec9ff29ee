"""A command that knows keys in its environment and nothing else, such as s3cmd: it cannot be given new ones while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from bucketpass.credentials.child import run_command
from bucketpass.credentials.outranking import OUTRANKING_VARIABLES, outranking_files, region_variables
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.values import Credentials
from bucketpass.errors import BucketpassError
from bucketpass.identity.interface import read_file

__all__ = ["key_environment", "run_with_keys"]

RESTART_SECONDS = 60.0  # before the end of its keys a command is asked to end
LOOK_SECONDS = 5.0  # between looks whether there are new keys, where the old ones are about to end
KILL_SECONDS = 30.0  # after SIGTERM, as kubelet has it


def key_environment(environment: Mapping[str, str], held: Credentials) -> dict[str, str]:
    """The environment with these keys, and without anything that SDKs would take before them."""
    kept = {name: value for name, value in environment.items() if name not in OUTRANKING_VARIABLES}
    return {
        **kept,
        **dict.fromkeys(outranking_files(environment, read_file), os.devnull),
        **region_variables(environment, read_file),
        "AWS_ACCESS_KEY_ID": held.access_key_id,
        "AWS_SECRET_ACCESS_KEY": held.secret_access_key.reveal(),
        "AWS_SESSION_TOKEN": held.session_token.reveal(),
        "AWS_CREDENTIAL_EXPIRATION": held.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run_with_keys(words: Sequence[str], environment: Mapping[str, str], provider: Provider, *, restart: bool) -> int:
    """The command's exit code. With `restart` it is started again with new keys, a minute before its own end."""
    while True:
        held = provider.current()
        ends = held.expiration.strftime("%H:%M:%S UTC")
        then = "the command is started again before" if restart else "requests after that are refused (--restart-before-expiry)"
        print(f"warning: the command's keys end at {ends}; {then}", file=sys.stderr)
        replacement = Replacement(provider, held) if restart else None
        code = run_command(words, key_environment(environment, held), replacement.watch if replacement is not None else None)
        if replacement is None or not replacement.ended():
            return code


class Replacement:
    """Ends a command before its keys do, once there are others."""

    def __init__(self, provider: Provider, held: Credentials) -> None:
        self._provider = provider
        self._held = held
        self._over = threading.Event()
        self._asked = False

    def watch(self, child: subprocess.Popen[bytes]) -> None:
        """Look after a command that was started."""
        threading.Thread(target=self._end_in_time, args=(child,), name="bucketpass-restart", daemon=True).start()

    def ended(self) -> bool:
        """True if it was this that ended the command; it looks no more."""
        self._over.set()
        return self._asked

    def _end_in_time(self, child: subprocess.Popen[bytes]) -> None:
        life = self._held.expires - self._held.issued
        pause = max(self._held.good_until - min(RESTART_SECONDS, life / 10) - time.time(), 0.0)
        while not self._over.wait(pause):
            if self._has_others():
                self._asked = True
                child.terminate()
                if not self._over.wait(KILL_SECONDS):
                    child.kill()
                return
            pause = min(LOOK_SECONDS, life / 20)

    def _has_others(self) -> bool:
        try:
            return self._provider.current(0.0).access_key_id != self._held.access_key_id
        except BucketpassError:
            return False  # ending the command would give it nothing
