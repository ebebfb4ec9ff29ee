"""`python script.py FILE` runs FILE as a program, and ends without the interpreter's own end.

pyarrow's threads may outlive the interpreter and abort it after all work is done (apache/arrow issue 34314).
"""

import os
import runpy
import sys

if __name__ == "__main__":
    runpy.run_path(sys.argv[1], run_name="__main__")
    sys.stdout.flush()
    os._exit(0)
