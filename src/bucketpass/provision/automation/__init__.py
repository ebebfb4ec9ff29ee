"""The way to AWS: Pulumi's own engine, driven through its Automation API.

It needs the `pulumi` program, which is not a Python package. What it runs is what `pulumi up` runs in the same folder::

    engine = PulumiEngine(find_command(), backend="file://~")
    engine.preview(Source(folder=Path("examples")), "dev", print)
    engine.up(Source(folder=Path("examples")), "dev", print)

Steps, messages and results are the embedded engine's own types, so that both look the same to people and programs.
"""

from bucketpass.provision.automation.command import find_command
from bucketpass.provision.automation.engine import PulumiEngine, Source, selected_stack

__all__ = ["PulumiEngine", "Source", "find_command", "selected_stack"]
