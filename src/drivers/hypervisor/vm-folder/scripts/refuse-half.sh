# Ends the script with words where a VM that is half put back is to go on. Uses `state`, its folder, and `paused`, which
# is not empty where its guest does nothing yet.
refuse_half() {
  if [ -z "$paused" ] && [ -f "$state/reverting" ]; then
    read -r tag <"$state/reverting"
    echo "it is half put back to its snapshot ${tag#croft-}" >&2
    exit 1
  fi
}
