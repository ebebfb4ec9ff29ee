# The folder is mounted, not the file: a token that is replaced stays visible.
docker run --rm \
  --mount type=bind,source=<<token_folder>>,target=<<token_folder>>,readonly \
  --env <<env.both>> \
  <<image>>
