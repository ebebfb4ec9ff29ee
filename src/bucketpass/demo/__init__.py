"""What `bucketpass demo` runs: one declaration, two AI services, and everything that must be refused.

`story` is the list of attempts, `tokens` makes the token that each sends, `prediction` says what AWS should answer, `client` sends the
requests, and `runner` starts the sandbox, runs all of it and removes it again.
"""

from bucketpass.demo.runner import DemoRow, DemoUsage, SetupStep, run_demo
from bucketpass.demo.story import STORY, Attempt

__all__ = ["STORY", "Attempt", "DemoRow", "DemoUsage", "SetupStep", "run_demo"]
