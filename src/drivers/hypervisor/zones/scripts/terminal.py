# The terminal that zlogin wants, as a program for python3, in which both pkg(7) and the brand bhyve are written, so
# that a node has it. Arguments: zone, zonepath, seconds for it to be open. zlogin makes its terminal raw, and drops
# what was typed before, so nothing is typed before that; that it is raw also tells that zoneadmd let it in, which
# serves one at a time. It is looked whether the zone runs only then: it disconnects when the zone halts (-d), and would
# stay for ever with one that has already. Its output takes no way through here. It ends with this program, whose input
# ends with the connection: a terminal that is gone ends it too. Sources: illumos-gate, usr/src/cmd/zlogin/zlogin.c
# (set_tty_rawmode, doio), usr/src/cmd/zoneadmd/zcons.c (do_console_io).
import os, select, subprocess, sys, termios, time
zone, path, within = sys.argv[1:]
limit = time.monotonic() + float(within)
master, slave = os.openpty()
login = subprocess.Popen(['zlogin', '-C', '-d', '-E', '-Q', zone], stdin=slave)
while termios.tcgetattr(slave)[3] & termios.ICANON:
    if login.poll() is not None:
        sys.exit(1)
    if time.monotonic() > limit:
        login.kill()
        sys.exit(45)
    time.sleep(0.02)
os.close(slave)
try:
    look = ['zoneadm', '-z', zone, 'list', '-p']
    left = max(limit - time.monotonic(), 0.1)
    listed = subprocess.run(look, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=left).stdout
except subprocess.TimeoutExpired:
    login.kill()
    sys.exit(45)
if ':%s:running:%s:' % (zone, path) not in listed:
    login.terminate()
    sys.exit(44)
print('open', file=sys.stderr, flush=True)
os.set_blocking(master, False)
typed = b''
poll = select.poll()
while login.poll() is None:
    poll.register(0, 0 if typed else select.POLLIN)
    poll.register(master, select.POLLOUT if typed else 0)
    ready = dict(poll.poll(500))
    if ready.get(master, 0) & select.POLLOUT:
        typed = typed[os.write(master, typed):]
    elif ready.get(0, 0) & select.POLLIN:
        typed = os.read(0, 1024)
        if not typed:
            break
    elif 0 in ready:
        break
login.terminate()
login.wait()
