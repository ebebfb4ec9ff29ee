"""Makes everything that access.yaml declares: with the embedded engine (`bucketpass up`) or with Pulumi's own (`pulumi up`)."""

from pathlib import Path

import pulumi

import bucketpass
from bucketpass.provision import FederatedAccess

federated = FederatedAccess("ai", access=bucketpass.load(Path(__file__).with_name("access.yaml")))

pulumi.export("role_arns", federated.role_arns)
pulumi.export("bucket_names", federated.bucket_names)
