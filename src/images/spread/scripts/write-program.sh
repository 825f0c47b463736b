# Writes the input to the file, which then every user may read. Argument: the file.
umask 022
cat >"$1.new" && mv -f "$1.new" "$1"
