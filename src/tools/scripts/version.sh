# Prints libvirt's version. Argument: connection.
. ./virsh.sh
. ./print-version.sh
uri=$1
print_version
