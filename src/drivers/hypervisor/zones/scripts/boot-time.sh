# boot_time: sets `boot` to when the node started, as the kernel counts it.
boot_time() {
  boot=$(kstat -p unix:0:system_misc:boot_time) || boot=
  boot=${boot##*[!0-9]}
}
