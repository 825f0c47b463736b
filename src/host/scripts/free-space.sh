# Shell function `full PATH`: ends the script after printing the KiB that are free where PATH lies.
full() {
  df -Pk "${1%/*}/" | {
    read -r _header
    read -r _system _blocks _used available _rest
    printf '%s' "$available"
  }
  exit 1
}
