/** What a node that runs illumos is and has; scripts that print the same lines as those of node-specs.ts do on Linux. */

/**
 * Uses `folder`, which is there. Source: kstat(8) with the statistics of the module unix, whose load averages are in
 * 256ths and whose memory is in pages; availrmem is what can still be locked, as bhyve does with its guests' memory.
 * What ZFS tells of a pool's file systems has parity taken off, unlike what `zpool list` tells.
 */
export const illumosUsage = `
statistic() {
  value=$(kstat -p "unix:0:$1")
  value=\${value##*[!0-9]}
}
statistic system_misc:boot_time
echo "bootId $value"
statistic system_misc:avenrun_1min
printf 'load %d.%02d\\n' $((value / 256)) $((value % 256 * 100 / 256))
page=$(($(pagesize) / 1024))
statistic system_pages:physmem
echo "memory $((value * page))"
statistic system_pages:availrmem
echo "memoryAvailable $((value * page))"
dataset=$(zfs list -H -o name "\${folder:-/}") && zfs list -H -p -o used,available "\${dataset%%/*}" | while read -r used free; do
  echo "disk $(((used + free) / 1024))"
  echo "diskFree $((free / 1024))"
done
`;

/** `$1` is the state folder; what VMs have of the disk is in the dataset that it names, not in the folder. Of a kernel for amd64 isainfo(1) says so, while uname calls the machine i86pc. The firmware's files are those of the brand bhyve of OmniOS. */
export const illumosIdentity = `
if [ -r "$1/dataset" ]; then
  read -r dataset <"$1/dataset"
  echo "diskOwn $(($(zfs list -H -p -o used "$dataset") / 1024))"
fi
architecture=$(isainfo -k)
[ "$architecture" != amd64 ] || architecture=x86_64
echo "architecture $architecture"
echo "kernel $(uname -v)"
echo "cpus $(psrinfo | wc -l | tr -d ' ')"
if [ -r /usr/share/bhyve/firmware/BHYVE_RELEASE.fd ]; then echo "firmware /usr/share/bhyve/firmware/BHYVE_RELEASE.fd"; fi
`;
