from bucketpass.model import Access, Bucket, Service


def test_names_are_given_or_made_of_the_prefix() -> None:
    buckets = {"data": Bucket(), "named": Bucket(name="acme-data"), "theirs": Bucket(account="other"), "old": Bucket(create=False)}
    services = {"job": Service(()), "named": Service((), name="trainer")}
    for prefix, names in ((None, ["bucketpass-job", "trainer", "data"]), ("corp-", ["corp-job", "trainer", "corp-data"])):
        access = Access({}, buckets, services, name_prefix=prefix)
        assert [*map(access.role_name, services), *map(access.bucket_name, buckets)] == [*names, "acme-data", "theirs", "old"]
