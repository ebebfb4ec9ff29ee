"""What is deployed, or would be: providers, roles, buckets and keys with their documents; and calls decided over it.

::

    deployment = deployment_of(compile_access(access, target))
    described = DescribedCall(deployment, role_named(deployment, "trainer"), call_of("get", "s3://datasets/raw/1"))
    explain_call(described).decision.allowed

`resources` holds the values, and makes them of a Plan; `endpoint` reads them where they are really deployed; `calls` decides
and explains a call over them. The prover looks at the same values.
"""

from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment, deployment_of

__all__ = ["DeployedBucket", "DeployedKey", "DeployedRole", "Deployment", "deployment_of"]
