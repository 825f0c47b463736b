# A fraction of a second where sleep knows it, as on illumos and Linux.
nap() {
  sleep 0.25 2>/dev/null || sleep 1
}
