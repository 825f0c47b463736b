# What the scripts of images need of a node's programs, so that one script serves Linux and illumos. GNU's programs come before the
# system's own, which on illumos know less. A shell may keep what it has open from its children (ksh93, the sh of illumos, does), so who is
# to have it too is given it by a redirection such as 9>&9.
system=$(uname -s)
[ "$system" != SunOS ] || PATH=/usr/gnu/bin:$PATH
# hold SECONDS MODE: locks the open file that is its input, in vain after that time; x alone, s with others that do so, u lets it
# go. The lock belongs to all who have the file open from the same opening, and ends with the last of them, however that ends. A
# file is open for writing where it is locked alone: illumos asks for that. illumos has no flock(1), but its flock(3C) locks open
# files as Linux' does, and pkg(7) and the brand bhyve are in python3. Whom its alarm ends has not got the lock.
hold() {
  if [ "$system" = SunOS ]; then
    python3 -c '
import fcntl, signal, sys
seconds, mode = int(sys.argv[1]), sys.argv[2]
kinds = {"x": fcntl.LOCK_EX, "s": fcntl.LOCK_SH, "u": fcntl.LOCK_UN}
signal.alarm(seconds)
try: fcntl.flock(0, kinds[mode] | (0 if seconds or mode == "u" else fcntl.LOCK_NB))
except OSError: sys.exit(1)
' "$1" "$2"
  elif [ "$1" -gt 0 ]; then
    flock -w "$1" "-$2" 0
  else
    flock -n "-$2" 0
  fi
}
# is_same PATH: whether the open file that is its input still has that name.
is_same() {
  [ "$(stat -c %d:%i -)" = "$(stat -c %d:%i "$1" 2>/dev/null)" ]
}
