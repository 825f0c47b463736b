# keep_running SINCE: writes the mark of the VM's start, which names the hash of what it runs from, its user and the
# bytes of memory that it began with, and in a second line what it runs from itself, from `launch`: one file, so that
# whatever cuts this off, both belong together. It holds secrets, as the seed does.
keep_running() {
  (umask 077 && printf '%s\n' "$1 $hash $user $memory" "$launch" >"$state/started.new")
  mv -f "$state/started.new" "$state/started"
}
