"""What is deployed, or would be: providers, roles, buckets and keys with their documents; and questions put to it.

::

    deployment = deployment_of(compile_access(access, target))
    answer(Asked(deployment, role_named(deployment, "trainer"), call_of("get", "s3://datasets/raw/1"))).chain.allowed

`resources` holds the values, and makes them of a Plan; `endpoint` reads them where they are really deployed; `question` asks
the decision engine. The prover looks at the same values.
"""

from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment, deployment_of

__all__ = ["DeployedBucket", "DeployedKey", "DeployedRole", "Deployment", "deployment_of"]
