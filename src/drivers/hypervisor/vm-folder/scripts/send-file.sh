# Prints the file, compressed. Argument: the file.
exec zstd -q -1 -c <"$1"
