# illumos_identity FOLDER: of the state folder; what VMs have of the disk is in the dataset that it names, not in the folder. Of a kernel
# for amd64 isainfo(1) says so, while uname calls the machine i86pc. The firmware's files are those of the brand bhyve
# of OmniOS.
illumos_identity() {
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
}
