# Line by line: virsh, printing to no terminal, would keep what it has until there is much of it.
LC_ALL=C exec stdbuf -oL virsh -q -c "$1" event --all --loop --timestamp
