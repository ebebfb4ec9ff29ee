"""The script of the credential process: short, because Python compiles a script anew at each start."""

import sys

sys.path.append(__file__.rpartition("/bucketpass/")[0])
from bucketpass.credentials.process import run

if __name__ == "__main__":
    run()
