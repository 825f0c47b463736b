# clear_run_folder: leaves nothing of an earlier start: no notes and no sockets, the folder of these for `user` and `group`.
clear_run_folder() {
  umask 022
  mkdir -p "$run/sockets"
  chmod 711 "$run"
  rm -f "$state/started" "$run/pid" "$run/exit" "$run/stopping" "$run/paused" "$run/frozen" "$run/stderr" "$run/sockets/"*
  chown "$user:$group" "$run/sockets"
  chmod 2770 "$run/sockets"
  : >>"$run/console.log"
  chown "$user:$user" "$run/console.log"
  chmod 600 "$run/console.log"
}
