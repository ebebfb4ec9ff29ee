"""A declaration into AWS's resources and policy documents, as one pure value: the Plan.

For instance::

    from bucketpass.compile import Target, compile_access
    from bucketpass.model import parse_access

    plan = compile_access(parse_access(text), Target(account="111122223333", region="eu-central-1"))
    plan.roles[0].trust.document      # a PolicyDocument; its statements know the grants that they come from
"""

from bucketpass.compile.compiler import compile_access
from bucketpass.compile.plan import Origin, Plan, Target, TracedDocument, TracedStatement, key_placeholder

__all__ = ["Origin", "Plan", "Target", "TracedDocument", "TracedStatement", "compile_access", "key_placeholder"]
