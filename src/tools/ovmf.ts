/** OVMF, the UEFI firmware of virtual machines: the locations of its code and its variable template in distributions. */

/**
 * Pairs of code and template, in order of preference. Debian and Ubuntu; older ones and Alpine; Fedora; Arch. Builds that enforce secure
 * boot are left out: they need another machine type.
 */
export const ovmfPairs: readonly (readonly [code: string, template: string])[] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
];
