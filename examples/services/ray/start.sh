#!/bin/sh
# On each host, in place of `ray start`: sh start.sh --head, and sh start.sh --address HEAD:6379 on the others.
# --block: credentials are served for as long as the command runs, and `ray start` alone ends at once.
exec bucketpass exec -- ray start --block "$@"
