"""Facts about AWS as tables: names, actions, operations, claims, limits. Look-up only; no decisions.

::

    from bucketpass.aws.operations import OPERATIONS

    [need.action for need in OPERATIONS["CopyObject"].needs if not need.headers]
    # ['s3:GetObject', 's3:PutObject', 'kms:Decrypt', 'kms:GenerateDataKey']

`arn` names and partitions, `actions` what each action is asked for, `operations` what each S3 API operation needs,
`provider_claims` the claims that AWS makes keys of, `quotas` limits. Each table names its source and evidence.
"""
