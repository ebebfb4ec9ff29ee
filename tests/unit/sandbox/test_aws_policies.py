from bucketpass.sandbox.aws_policies import aws_managed_policies


def test_the_catalogue_has_documents_by_arn_with_their_version() -> None:
    arns = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    found = aws_managed_policies(arns)
    assert list(found) == arns
    assert "s3:Get*" in (found[arns[0]].document.statements[0].actions or ())
    assert found[arns[0]].name.startswith("managed policy AmazonS3ReadOnlyAccess (v")


def test_what_is_not_there_under_that_path_account_or_partition_is_not_found() -> None:
    others = (
        "arn:aws:iam::aws:policy/service-role/AmazonS3ReadOnlyAccess",
        "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
        "arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess",
        "arn:aws:iam::111122223333:policy/AmazonS3ReadOnlyAccess",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "AmazonS3ReadOnlyAccess",
    )
    assert aws_managed_policies(others) == {}
