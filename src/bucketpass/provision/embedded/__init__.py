"""The embedded engine: an unmodified Pulumi Python program, run against any endpoint that speaks the AWS API.

It serves the Pulumi SDK's own gRPC services to the program's process and makes the resources itself; Pulumi's engine and AWS's
provider take no part, and every run says so::

    program = Program.load(Path("examples"), "dev")
    stack = Stack.of(program, "dev")
    endpoint = Endpoint("http://127.0.0.1:5000", "eu-central-1", "key-id", Secret("key"))
    with Engine(endpoint) as engine:
        engine.preview(program, stack, print)
        result = engine.up(program, stack, print)
        result.outputs["bucket_names"]
        engine.destroy(stack)
"""

from bucketpass.provision.embedded.diff import PropertyChange
from bucketpass.provision.embedded.endpoint import Endpoint
from bucketpass.provision.embedded.engine import Engine, Stack, destroy, outputs, preview, up
from bucketpass.provision.embedded.events import NOTHING_CHANGED, Event, Listener, Message, Phase, RunResult, Step, StepOperation, ignore
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.obstacles import Consent
from bucketpass.provision.embedded.program import Program
from bucketpass.provision.embedded.sealing import find_passphrase
from bucketpass.provision.embedded.target import find_endpoint
from bucketpass.provision.embedded.values import shown

__all__ = [
    "NOTHING_CHANGED",
    "Consent",
    "Endpoint",
    "Engine",
    "Event",
    "Listener",
    "Message",
    "Phase",
    "Program",
    "PropertyChange",
    "RunResult",
    "Stack",
    "StackName",
    "Step",
    "StepOperation",
    "destroy",
    "find_endpoint",
    "find_passphrase",
    "ignore",
    "outputs",
    "preview",
    "shown",
    "up",
]
