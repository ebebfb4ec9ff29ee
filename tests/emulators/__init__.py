"""Local emulators of AWS side by side: the same cases of S3, KMS, STS and Signature Version 4 over HTTP, with AWS's answers.

::

    python -m tests.emulators                    # installs what is missing under build/emulators, runs, prints the table
    python -m tests.emulators bucketpass moto    # these alone
    python -m tests.emulators --write            # and puts the table into the documentation

Each case makes what it needs with an administrator's key and then makes one call, whose answer counts. A case that cannot be set up
counts as that, not as an answer.
"""
