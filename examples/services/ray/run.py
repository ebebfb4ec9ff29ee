"""Ray Data written and read by the workers of a cluster, again and again, for as many seconds as SECONDS says.

The head is started here as start.sh starts it. The driver then has no credentials: its tasks have those of the host that they run on.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # the paths of Ray's sockets must be short
words = [
    "--head",
    "--block",
    f"--port={port}",
    "--num-cpus=2",
    "--include-dashboard=false",
    "--disable-usage-stats",
    f"--temp-dir={folder}",
]
head = subprocess.Popen(["ray", "start", *words])  # noqa: S603, S607  on the path of this environment
for name in [name for name in os.environ if name.startswith("AWS_CONTAINER_")]:
    del os.environ[name]

import ray  # noqa: E402


@ray.remote
def round_trip(number: int) -> str:
    """Write one object and read it back."""
    import boto3

    s3 = boto3.client("s3")
    s3.put_object(Bucket="features", Key=f"ray/rounds/{number}", Body=f"round {number}".encode())
    body = s3.get_object(Bucket="features", Key=f"ray/rounds/{number}")["Body"].read()
    return str(body.decode())


try:
    ray.init(address=f"127.0.0.1:{port}", log_to_driver=False)
    until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
    rounds = 0
    while True:
        rounds += 1
        if ray.get(round_trip.remote(rounds)) != f"round {rounds}":
            raise SystemExit("the object is another one")
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    print(f"{rounds} rounds")
finally:
    ray.shutdown()
    head.terminate()
    head.wait(30)
    shutil.rmtree(folder, ignore_errors=True)
