/** The kinds of network drivers: what makes the links of VMs on a node. */
export const networkDriverKinds = ['ovs', 'vnic'] as const;
export type NetworkDriverKind = (typeof networkDriverKinds)[number];
