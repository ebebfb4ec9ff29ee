"""A stand-in for the `pulumi` program, which is on no package registry: it answers as the Automation API expects.

It makes nothing itself; where FAKE_MONITOR names an engine, an inline program is run against that. In FAKE_PULUMI it keeps the
stacks that were made and a line for each call, and finds what to play: `events.json`, a list of engine events; `failure`, what
it prints before it fails; `version`.
"""

import json
import os
import sys
from pathlib import Path

HOME = Path(os.environ["FAKE_PULUMI"])
UPDATE = {
    "kind": "update",
    "startTime": "2026-01-31T00:00:00.000Z",
    "endTime": "2026-01-31T00:00:01.000Z",
    "message": "",
    "environment": {},
    "config": {},
    "result": "succeeded",
    "version": 1,
    "resourceChanges": {"create": 1},
}

SUMMARY = {"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {"create": 1}, "PolicyPacks": {}}


def played(name: str, default: str) -> str:
    file = HOME / name
    return file.read_text() if file.exists() else default


def option(words: list[str], name: str) -> str | None:
    return words[words.index(name) + 1] if name in words else None


def run_inline(address: str, *, dry_run: bool) -> int:
    """Pulumi's engine asks the language host at `address` to run the program against its own monitor."""
    import grpc
    from pulumi.runtime.proto import language_pb2, language_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        request = language_pb2.RunRequest(
            project="bucketpass",
            stack="dev",
            organization="organization",
            monitor_address=os.environ["FAKE_MONITOR"],
            dryRun=dry_run,
            parallel=8,
            config=json.loads(played("config", "{}")),
        )
        answer = language_pb2_grpc.LanguageRuntimeStub(channel).Run(request, timeout=60)
    print(answer.error, file=sys.stderr)
    return 255 if answer.error else 0


def main(words: list[str]) -> int:
    words = [word for word in words if word != "--non-interactive"]
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps([words, os.environ.get("PULUMI_BACKEND_URL"), str(Path.cwd())]) + "\n")
    match words:
        case ["version", *_]:
            print(played("version", "v3.204.0"))
        case ["stack", "select", *_]:
            if not (HOME / "stack").exists():
                print("error: no stack named 'dev' found", file=sys.stderr)
                return 255
        case ["config", "set-all", *rest]:
            pairs = (rest[place + 1].partition("=") for place, word in enumerate(rest) if word in {"--plaintext", "--secret"})
            (HOME / "config").write_text(json.dumps({key: value for key, _, value in pairs}))
        case ["stack", "ls", *_]:
            names = played("selected", "").split()
            print(json.dumps([{"name": name, "current": True, "updateInProgress": False, "url": ""} for name in names]))
        case ["stack", "init", *_]:
            (HOME / "stack").touch()
        case ["stack", "output", *_]:
            secret = "hush" if "--show-secrets" in words else "[secret]"
            print(json.dumps({"role_arns": {"trainer": "arn:aws:iam::1:role/t"}, "token": secret}))
        case ["stack", "history", *_]:
            print(json.dumps([UPDATE]))
        case [("preview" | "up" | "destroy"), *_]:
            log = option(words, "--event-log")
            if log is not None:
                events = [*json.loads(played("events.json", "[]")), {"summaryEvent": SUMMARY}, {"cancelEvent": {}}]
                numbered = ({"sequence": number, "timestamp": 0, **event} for number, event in enumerate(events))
                Path(log).write_text("".join(json.dumps(event) + "\n" for event in numbered))
            client = next((word.removeprefix("--client=") for word in words if word.startswith("--client=")), None)
            if client is not None and "FAKE_MONITOR" in os.environ:
                return run_inline(client, dry_run=words[0] == "preview")
            failure = played("failure", "")
            print(failure, file=sys.stderr)
            return 255 if failure else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
