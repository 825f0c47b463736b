# Waits for the right to change a VM. The lock is on its state folder and ends with the script; a process that is
# to outlive the script must close descriptor 9.
lock() {
  exec 9<"$1"
  flock -w 20 9 || {
    echo "another operation on $1 does not end" >&2
    exit 75
  }
}
