# mypy: ignore-errors
# Each client lives in an environment of its own; none of them is there where the types are checked.
"""One S3 client, as a user writes it: reads, outlives its session, and reads on.

`python read.py CLIENT`, with BUCKET, KEY and SECONDS in the environment: reads the object, and again after so many seconds;
prints `ok`. Clients named `own-...` take the service's credentials in their own process, by bucketpass's adapter; the others
know nothing of bucketpass, and find them in the environment that `bucketpass exec` made.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

BUCKET, KEY = os.environ["BUCKET"], os.environ["KEY"]
ENDPOINT = os.environ["AWS_ENDPOINT_URL_S3"]
HOST = ENDPOINT.partition("://")[2]
REGION = os.environ["AWS_REGION"]
ADDRESS = f"s3://{BUCKET}/{KEY}"
Reader = Callable[[], bytes]


def boto3_client() -> Reader:
    import boto3

    client = boto3.client("s3")

    def read() -> bytes:
        return client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()

    return read


def own_boto3() -> Reader:
    from bucketpass.credentials import boto3_session

    client = boto3_session().client("s3")

    def read() -> bytes:
        return client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()

    return read


def s3fs_client() -> Reader:
    import s3fs

    files = s3fs.S3FileSystem(endpoint_url=ENDPOINT)
    return lambda: files.cat_file(ADDRESS)


def own_s3fs() -> Reader:
    from bucketpass.credentials import s3_filesystem

    files = s3_filesystem(endpoint_url=ENDPOINT)
    return lambda: files.cat_file(ADDRESS)


def own_aiobotocore() -> Reader:
    import asyncio

    from bucketpass.credentials import aiobotocore_session

    session = aiobotocore_session()

    async def read() -> bytes:
        async with session.create_client("s3", endpoint_url=ENDPOINT) as client:
            answer = await client.get_object(Bucket=BUCKET, Key=KEY)
            return await answer["Body"].read()

    return lambda: asyncio.run(read())


def obstore_client() -> Reader:
    from obstore.store import S3Store

    store = S3Store(BUCKET, endpoint=ENDPOINT, region=REGION, client_options={"allow_http": True}, virtual_hosted_style_request=False)
    return lambda: bytes(store.get(KEY).bytes())


def own_obstore() -> Reader:
    from obstore.store import S3Store

    from bucketpass.credentials import obstore_credential_provider

    store = S3Store(
        BUCKET,
        endpoint=ENDPOINT,
        region=REGION,
        client_options={"allow_http": True},
        virtual_hosted_style_request=False,
        credential_provider=obstore_credential_provider(),
    )
    return lambda: bytes(store.get(KEY).bytes())


POLARS = {"aws_endpoint_url": ENDPOINT, "aws_allow_http": "true", "aws_region": REGION, "aws_virtual_hosted_style_request": "false"}


def polars_client() -> Reader:
    import polars

    return lambda: polars.read_csv(ADDRESS, storage_options=POLARS, credential_provider=None).write_csv().encode()


def own_polars() -> Reader:
    import polars

    from bucketpass.credentials import polars_credential_provider

    credentials = polars_credential_provider()
    return lambda: polars.scan_csv(ADDRESS, storage_options=POLARS, credential_provider=credentials).collect().write_csv().encode()


def pyarrow_client() -> Reader:
    from pyarrow.fs import S3FileSystem

    files = S3FileSystem(endpoint_override=HOST, scheme="http", region=REGION)
    return lambda: files.open_input_stream(f"{BUCKET}/{KEY}").read()


def own_pyarrow() -> Reader:
    from bucketpass.credentials import pyarrow_filesystem

    files = pyarrow_filesystem(endpoint_url=ENDPOINT)
    return lambda: files.open_input_stream(f"{BUCKET}/{KEY}").read()


def duckdb_connection() -> "object":
    import duckdb
    from duckdb_extensions import import_extension

    connection = duckdb.connect()
    for name in ("httpfs", "aws"):
        import_extension(name)
        connection.load_extension(name)
    # Without it DuckDB answers the second read from its own cache.
    connection.execute("SET enable_external_file_cache = false")
    return connection


def duckdb_reader(connection: "object") -> Reader:
    query = f"SELECT content FROM read_text('{ADDRESS}')"

    def read() -> bytes:
        return connection.execute(query).fetchone()[0].encode()

    return read


def duckdb_client() -> Reader:
    connection = duckdb_connection()
    settings = f"ENDPOINT '{HOST}', URL_STYLE 'path', USE_SSL false, REGION '{REGION}'"
    connection.execute(f"CREATE SECRET (TYPE s3, PROVIDER credential_chain, REFRESH auto, {settings})")
    return duckdb_reader(connection)


def own_duckdb() -> Reader:
    from bucketpass.credentials import duckdb_secret

    connection = duckdb_connection()
    duckdb_secret(connection, endpoint=HOST, url_style="path", use_ssl="false", region=REGION)
    return duckdb_reader(connection)


def s3torchconnector_client() -> Reader:
    from s3torchconnectorclient._mountpoint_s3_client import MountpointS3Client

    client = MountpointS3Client(region=REGION, endpoint=ENDPOINT, force_path_style=True, user_agent_prefix="x")
    return lambda: b"".join(client.get_object(BUCKET, KEY))


def datasets_reader(options: dict) -> Reader:
    from datasets import load_dataset

    def read() -> bytes:
        loaded = load_dataset(
            "csv",
            data_files=ADDRESS,
            storage_options=options,
            split="train",
            download_mode="force_redownload",
            cache_dir=os.environ["SCRATCH"],
        )
        return "\n".join([",".join(loaded.column_names), *(",".join(map(str, row.values())) for row in loaded), ""]).encode()

    return read


def datasets_client() -> Reader:
    return datasets_reader({"endpoint_url": ENDPOINT})


def own_datasets() -> Reader:
    from bucketpass.credentials import storage_options

    return datasets_reader({**storage_options(), "endpoint_url": ENDPOINT})


LANCE = {"aws_endpoint": ENDPOINT, "allow_http": "true", "aws_region": REGION, "aws_virtual_hosted_style_request": "false"}


def lance_client() -> Reader:
    import lance

    return lambda: lance.dataset(f"s3://{BUCKET}/raw/table", storage_options=LANCE).to_table().column("text")[0].as_py().encode()


def own_lance() -> Reader:
    import lance

    from bucketpass.credentials import lance_namespace

    namespace = lance_namespace(f"s3://{BUCKET}", **LANCE)
    return lambda: lance.dataset(namespace_client=namespace, table_id=["raw", "table"]).to_table().column("text")[0].as_py().encode()


def deltalake_client() -> Reader:
    from deltalake import DeltaTable

    options = {"AWS_ENDPOINT_URL": ENDPOINT, "AWS_ALLOW_HTTP": "true", "AWS_REGION": REGION}
    return lambda: DeltaTable(f"s3://{BUCKET}/raw/delta", storage_options=options).to_pyarrow_table().column("text")[0].as_py().encode()


def own_deltalake() -> Reader:
    from bucketpass.credentials import use_container_environment

    use_container_environment()
    return deltalake_client()


TENSORSTORE = {"driver": "s3", "bucket": BUCKET, "path": "raw/", "endpoint": ENDPOINT, "aws_region": REGION}


def tensorstore_reader(context: "object") -> Reader:
    import tensorstore

    store = tensorstore.KvStore.open(TENSORSTORE, context=context).result()
    # Without it tensorstore answers the second read from its own cache.
    return lambda: bytes(store.read(KEY.removeprefix("raw/"), staleness_bound=time.time()).result().value)


def tensorstore_client() -> Reader:
    import tensorstore

    # The default chain goes on as nobody for good, once the endpoint had no credentials.
    return tensorstore_reader(tensorstore.Context({"aws_credentials": {"type": "ecs"}}))


def own_tensorstore() -> Reader:
    import tensorstore

    from bucketpass.credentials import tensorstore_credentials

    return tensorstore_reader(tensorstore.Context({"aws_credentials": tensorstore_credentials()}))


def daft_reader(**settings: "object") -> Reader:
    import daft

    config = daft.io.IOConfig(s3=daft.io.S3Config(endpoint_url=ENDPOINT, region_name=REGION, use_ssl=False, **settings))

    def read() -> bytes:
        columns = daft.read_csv(ADDRESS, io_config=config).to_pydict()
        return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)), ""]).encode()

    return read


def daft_client() -> Reader:
    return daft_reader()


def own_daft() -> Reader:
    from bucketpass.credentials import daft_credentials_provider

    return daft_reader(credentials_provider=daft_credentials_provider())


CLIENTS: dict[str, Callable[[], Reader]] = {
    "boto3": boto3_client,
    "own-boto3": own_boto3,
    "s3fs": s3fs_client,
    "own-s3fs": own_s3fs,
    "own-aiobotocore": own_aiobotocore,
    "obstore": obstore_client,
    "own-obstore": own_obstore,
    "polars": polars_client,
    "own-polars": own_polars,
    "pyarrow": pyarrow_client,
    "own-pyarrow": own_pyarrow,
    "duckdb": duckdb_client,
    "own-duckdb": own_duckdb,
    "s3torchconnector": s3torchconnector_client,
    "datasets": datasets_client,
    "own-datasets": own_datasets,
    "lance": lance_client,
    "own-lance": own_lance,
    "deltalake": deltalake_client,
    "own-deltalake": own_deltalake,
    "tensorstore": tensorstore_client,
    "own-tensorstore": own_tensorstore,
    "daft": daft_client,
    "own-daft": own_daft,
}


def main() -> None:
    expected = Path(os.environ["EXPECTED"]).read_bytes()
    read = CLIENTS[sys.argv[1]]()
    for pause in (0.0, float(os.environ["SECONDS"])):
        time.sleep(pause)
        got = read()
        if got != expected:
            sys.exit(f"got {got[:100]!r}, expected {expected[:100]!r}")
    print("ok", flush=True)
    os._exit(0)  # pyarrow's threads may outlive the interpreter and abort it (apache/arrow issue 34314)


if __name__ == "__main__":
    main()
