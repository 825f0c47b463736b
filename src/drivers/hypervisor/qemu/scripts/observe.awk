# Reads the names of VM folders, and prints, of each VM, its folder as `ID/`, notes as `ID/NOTE`, the first lines of
# files as `ID/FILE:LINE`; of the process that its pidfile names the user and the name, as `/proc/PID/FILE:WORDS`; in
# the end `lost:` and those whose process is not the one that their pidfile names: of all that were started, and of
# others where that is gone without an exit code and its end was not wanted. One awk instead of a program for each kind
# of file, or of the shell, which reads byte by byte. The exit code is read after the process is looked for.
function first(file) {
  found = index(ENVIRON["unread"], "\n" file "\n") ? -1 : (getline line < file)
  close(file)
  return found > 0 ? line : ""
}
function show(file, name) {
  value = first(file)
  if (found > 0) print id "/" name ":" value
  return value
}
function note(name) {
  first(run "/" id "/" name)
  if (found < 0) return 0
  print id "/" name
  return 1
}
function user(process, file) {
  file = "/proc/" process "/status"
  while ((getline line < file) > 0) if (line ~ /^Uid:/) break
  close(file)
  print file ":" line
  return line ~ /^Uid:[ \t]*(1[89]|20)[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][ \t]/
}
BEGIN { state = ENVIRON["state"]; run = ENVIRON["run"] }
/^[a-z2-7]+\/$/ && !seen[$0]++ {
  print
  id = substr($0, 1, length($0) - 1)
  own = gone = 0
  process = show(run "/" id "/pid", "pid")
  if (process ~ /^[0-9]+$/) {
    words = first("/proc/" process "/cmdline")
    gone = found <= 0
    if (match(words, /guest=[a-z2-7]+,debug-threads=on/)) {
      name = substr(words, RSTART, RLENGTH)
      print "/proc/" process "/cmdline:" name
      own = user(process) && index(name, "guest=" id ",") == 1
    }
  }
  show(run "/" id "/exit", "exit")
  if (found > 0) gone = 0
  if (note("stopping")) gone = 0
  if (show(run "/" id "/paused", "paused") == "" && found >= 0) print id "/paused"
  note("frozen")
  show(state "/" id "/reverting", "reverting")
  show(state "/" id "/launch.json", "launch.json")
  if (show(state "/" id "/started", "started") != "" ? !own : gone) lost = lost " " id
}
END { print "lost:" lost }
