# Shell function `full PATH`: ends the script after printing the KiB that are free where PATH lies.
full() {
  df -Pk "${1%/*}/" | { read -r header; read -r system blocks used available rest; printf '%s' "$available"; }
  exit 1
}
