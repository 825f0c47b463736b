#!/bin/sh
# Starts Open vSwitch where it does not run, and stops it only where this script started it. Needs root.
# Prints a line when it changed something, and nothing otherwise.
# usage: scripts/openvswitch.sh start|stop|status
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
control=/usr/share/openvswitch/scripts/ovs-ctl
# Says that Open vSwitch was started here; gone after a reboot, as what it tells of is.
started=/run/croft-started-openvswitch

fail() {
  echo "openvswitch: $*" >&2
  exit 1
}

is_running() {
  ovs-appctl --timeout=5 --target=ovsdb-server version >/dev/null 2>&1 &&
    ovs-appctl --timeout=5 --target=ovs-vswitchd version >/dev/null 2>&1
}

start() {
  if is_running; then return; fi
  [ -x "$control" ] || fail "is not installed: run scripts/setup.sh node"
  if [ -d /run/systemd/system ]; then
    systemctl start openvswitch-switch || fail "the service openvswitch-switch does not start: journalctl -u openvswitch-switch"
  else
    start_daemons
  fi
  is_running || fail "was started and does not answer: see /var/log/openvswitch"
  touch "$started"
  echo "started Open vSwitch"
}

# ovs-ctl insists on the kernel's datapath; where the kernel has none, ovs-vswitchd still runs bridges of type netdev.
start_daemons() {
  log=$("$control" --no-ovs-vswitchd --no-record-hostname --system-id=random start 2>&1) || fail "ovsdb-server does not start: $log"
  log=$("$control" --no-ovsdb-server --no-record-hostname start 2>&1) ||
    log=$(ovs-vswitchd --detach --pidfile --log-file -vconsole:emer -vsyslog:err 2>&1) ||
    fail "ovs-vswitchd does not start: $log"
}

stop() {
  [ -e "$started" ] || return 0
  if [ -d /run/systemd/system ]; then
    systemctl stop openvswitch-switch
  else
    log=$("$control" stop 2>&1) || fail "does not stop: $log"
  fi
  rm -f "$started"
  echo "stopped Open vSwitch"
}

status() {
  if ! is_running; then
    echo "Open vSwitch does not run"
    exit 3
  fi
  if [ -e "$started" ]; then echo "Open vSwitch runs, started by Croft"; else echo "Open vSwitch runs"; fi
}

case "${1-}" in
start | stop | status) "$1" ;;
*) fail "usage: openvswitch.sh start|stop|status" ;;
esac
