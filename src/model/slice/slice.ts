/** Slices as Croft keeps them: the normalised, fully expanded form of a slice file. */
import type { Firmware } from '../image/definition.ts';
import type { Impairment } from '../network/impairment.ts';
import type { SlicePlacement, VmPlacement } from '../placement/placement.ts';

export const restartPolicies = ['always', 'on-failure', 'never'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

export const nicModels = ['virtio', 'e1000', 'rtl8139'] as const;
export type NicModel = (typeof nicModels)[number];

export interface NetworkSpec {
  name: string;
  /** IPv4 subnet, `a.b.c.d/n` with host bits zero. */
  cidr: string;
  /** The slice's router translates addresses towards the outside. */
  internet: boolean;
  dhcp: boolean;
  /** The router's own address: where its DHCP and DNS answer. */
  gateway: string;
  /** True where the network joins exactly two NICs. */
  link: boolean;
  /** What frames on their way to each of its NICs suffer; null for nothing. */
  impairment: Impairment | null;
}

export interface NicSpec {
  /** `eth0`, `eth1`, … by position. */
  name: string;
  network: string;
  model: NicModel;
  /** Given by the user; null lets the store choose. */
  address: string | null;
  mac: string | null;
}

/** A disk or a CD-ROM beside the first disk. Its order among its VM's volumes is that in which the guest finds them. */
export interface VolumeSpec {
  name: string;
  /** An image: a copy-on-write disk on it, or a CD-ROM where it is an ISO image. Null for an empty disk. */
  image: string | null;
  /** Bytes; null leaves the image's size. */
  size: number | null;
}

export interface VmSpec {
  name: string;
  image: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  /** Bytes; null leaves the image's size. */
  disk: number | null;
  nics: NicSpec[];
  restart: RestartPolicy;
  volumes: VolumeSpec[];
  /** Null leaves it to the image. */
  firmware: Firmware | null;
  /** NoCloud user-data: a script that starts with `#!` or `#cloud-config`. */
  userData: string | null;
  /** A `#cloud-config` document that goes with the script of `userData`. */
  cloudConfig: string | null;
  sshKeys: string[];
  placement: VmPlacement;
}

export interface SliceSpec {
  name: string;
  placement: SlicePlacement;
  networks: NetworkSpec[];
  vms: VmSpec[];
}

export const sliceDesiredStates = ['running', 'stopped', 'absent'] as const;
export type SliceDesired = (typeof sliceDesiredStates)[number];

/** A slice as stored. `generation` grows by one with each change of what is desired. */
export interface Slice {
  id: string;
  name: string;
  spec: SliceSpec;
  generation: number;
  desired: SliceDesired;
  /** Number of the transit network between its router and the router's node. */
  transit: number;
  /** The node that its router is assigned to; null while none is, with the reason in `routerReason`. Written by the scheduler. */
  routerNodeId: string | null;
  routerReason: string | null;
  createdAt: number;
}

/** A network as stored; `segment` is its VLAN tag. */
export interface Network {
  id: string;
  sliceId: string;
  name: string;
  spec: NetworkSpec;
  segment: number;
}
