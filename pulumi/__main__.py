"""Serves bucketpass's components to Pulumi programs in any language: `pulumi package add` starts this folder."""

import sys

from pulumi.provider import main

from bucketpass.provision.components.package import BucketpassProvider

if __name__ == "__main__":
    main(BucketpassProvider(), sys.argv[1:])
