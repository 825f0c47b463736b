/** Slices as Croft keeps them: the normalised, fully expanded form of a slice file. */
import { z } from 'zod';
import { firmwares } from '../image/definition.ts';
import { impairmentSchema } from '../network/impairment.ts';
import { nicModels } from '../network/nic-model.ts';
import { anywhere, slicePlacementSchema, usualPlacement, vmPlacementSchema } from '../placement/placement.ts';

export const restartPolicies = ['always', 'on-failure', 'never'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

/** A network as it is stored. What was stored before a field was there has its default. */
export const networkSpecSchema = z.object({
  name: z.string(),
  /** IPv4 subnet, `a.b.c.d/n` with host bits zero. */
  cidr: z.string(),
  /** The slice's router translates addresses towards the outside. */
  internet: z.boolean().default(false),
  dhcp: z.boolean().default(true),
  /** The router's own address: where its DHCP and DNS answer. */
  gateway: z.string(),
  /** True where the network joins exactly two NICs. */
  link: z.boolean().default(false),
  /** What frames on their way to each of its NICs suffer; null for nothing. */
  impairment: impairmentSchema.nullable().default(null),
});
export type NetworkSpec = z.infer<typeof networkSpecSchema>;

const nicSpecSchema = z.object({
  /** `eth0`, `eth1`, … by position. */
  name: z.string(),
  network: z.string(),
  model: z.enum(nicModels).default('virtio'),
  /** Given by the user; null lets the store choose. */
  address: z.string().nullable().default(null),
  mac: z.string().nullable().default(null),
});
export type NicSpec = z.infer<typeof nicSpecSchema>;

/** A disk or a CD-ROM beside the first disk. Its order among its VM's volumes is that in which the guest finds them. */
const volumeSpecSchema = z.object({
  name: z.string(),
  /** An image: a copy-on-write disk on it, or a CD-ROM where it is an ISO image. Null for an empty disk. */
  image: z.string().nullable().default(null),
  /** Bytes; null leaves the image's size. */
  size: z.int().nullable().default(null),
});
export type VolumeSpec = z.infer<typeof volumeSpecSchema>;

/** A VM as it is stored. What was stored before a field was there has its default. */
export const vmSpecSchema = z.object({
  name: z.string(),
  image: z.string(),
  cpus: z.int(),
  /** Bytes. */
  memory: z.int(),
  /** Bytes; null leaves the image's size. */
  disk: z.int().nullable().default(null),
  nics: z.array(nicSpecSchema).default([]),
  restart: z.enum(restartPolicies).default('on-failure'),
  volumes: z.array(volumeSpecSchema).default([]),
  /** Null leaves it to the image. */
  firmware: z.enum(firmwares).nullable().default(null),
  /** NoCloud user-data: a script that starts with `#!` or `#cloud-config`. */
  userData: z.string().nullable().default(null),
  /** A `#cloud-config` document that goes with the script of `userData`. */
  cloudConfig: z.string().nullable().default(null),
  sshKeys: z.array(z.string()).default([]),
  placement: vmPlacementSchema.default(anywhere),
});
export type VmSpec = z.infer<typeof vmSpecSchema>;

export const sliceSpecSchema = z.object({
  name: z.string(),
  placement: slicePlacementSchema.default(usualPlacement),
  networks: z.array(networkSpecSchema),
  vms: z.array(vmSpecSchema),
});
export type SliceSpec = z.infer<typeof sliceSpecSchema>;

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
