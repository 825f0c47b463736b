# Writes the input into place by renaming. Arguments: folder, name.
umask 022 && mkdir -p "$1" && cat >"$1/.$2.new" && mv "$1/.$2.new" "$1/$2"
