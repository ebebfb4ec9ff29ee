"""Answers of live AWS that others recorded, replayed: through `decide` where it applies, and over HTTP against the sandbox.

::

    python -m tests.recorded tests/corpus/recorded          # rows, agreed and each difference of every file
    python -m tests.recorded tests/corpus/recorded --json

What the rows of a file are is told by their members, so any folder of files of that form can be replayed. The project's own
copy names its source in each file's `about`.
"""
