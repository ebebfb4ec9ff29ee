"""A flow whose artifacts lie in S3: its step makes some for as many seconds as SECONDS says, and they are read back."""

import os
import subprocess
import sys
import time
from pathlib import Path

if "METAFLOW_HOME" not in os.environ:
    # `config.json` beside this file is Metaflow's own, as it stands in ~/.metaflowconfig.
    os.environ["METAFLOW_HOME"] = str(Path(__file__).parent)
    os.environ.setdefault("USER", "trainer")
    done = subprocess.run([sys.executable, __file__, "run"], check=False)  # noqa: S603  this file
    raise SystemExit(done.returncode)

from metaflow import S3, FlowSpec, step


class Training(FlowSpec):
    """Each step is a process, and its results go from one to the next by way of S3."""

    @step
    def start(self) -> None:
        """Put and get, past the end of a session."""
        until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
        self.rounds = 0
        while True:
            self.rounds += 1
            with S3(run=self) as s3:
                s3.put("loss", str(1 / self.rounds))
                if float(s3.get("loss").text) != 1 / self.rounds:
                    raise SystemExit("the loss is another one")
            if time.monotonic() > until:
                break
            time.sleep(0.5)
        self.next(self.end)

    @step
    def end(self) -> None:
        """What the first step left is here."""
        print(f"{self.rounds} rounds")


if __name__ == "__main__":
    Training()
