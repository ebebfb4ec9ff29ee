"""The Pulumi program of a folder that has an access.yaml and no program of its own."""

from __future__ import annotations

import pulumi

import bucketpass
from bucketpass.provision import FederatedAccess

config = pulumi.Config("bucketpass")
access = bucketpass.load(config.require("access"))
federated = FederatedAccess("access", access=access)

pulumi.export("role_arns", federated.role_arns)
pulumi.export("bucket_names", federated.bucket_names)
