"""Where Jupyter keeps notebooks."""

import os

c = get_config()  # noqa: F821  Jupyter's own
c.ServerApp.contents_manager_class = "s3contents.S3ContentsManager"
c.S3ContentsManager.bucket = "notebooks"
c.S3ContentsManager.prefix = "team/shared"  # below the grant's prefix, never the prefix itself
# On AWS neither is needed.
c.S3ContentsManager.endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "https://s3.amazonaws.com")
c.S3ContentsManager.region_name = os.environ.get("AWS_REGION", "us-east-1")
