#!/bin/sh
# The lab's wires: a network namespace with one bridge for management and one for the VLAN trunks. Kernel bridges
# without VLAN filtering pass tagged frames as they are.
# usage: boot-switch.sh MARKER LAB MACHINE FOLDER    (only told whose process this is)
set -eu
mount --make-rprivate /
ip link add management type bridge
ip link add trunk type bridge
ip link set management up
ip link set trunk up

# Not `exec`: the arguments of this process are what it is found by.
while :; do
  sleep 2147483647 &
  wait
done
