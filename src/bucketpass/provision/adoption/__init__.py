"""Adoption: what an account has by hand becomes a declaration, and Pulumi takes over what is there.

::

    account = read_account(iam, s3, sts)                 # boto3 clients
    proposal = propose(account, region="eu-west-1")
    proposal.text                                        # an access.yaml
    proposal.imports                                     # for `pulumi import --file`
    proposal.remarks                                     # what it does not say, and why

The proposal never allows what the account does not allow; what it cannot express is a remark, with its place.
"""

from bucketpass.provision.adoption.found import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.proposal import AdoptionProposal, propose
from bucketpass.provision.adoption.read import read_account
from bucketpass.provision.adoption.remark import Remark

__all__ = [
    "Account",
    "AdoptionProposal",
    "FoundBucket",
    "FoundPolicy",
    "FoundProvider",
    "FoundRole",
    "Remark",
    "propose",
    "read_account",
]
