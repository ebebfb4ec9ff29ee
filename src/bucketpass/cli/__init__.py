"""The command line: one file a command. A command parses its arguments, calls the library, and prints.

::

    bucketpass demo
"""
