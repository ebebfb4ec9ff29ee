"""`python -m bucketpass` is `bucketpass`."""

import sys

from bucketpass.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
