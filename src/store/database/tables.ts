/** The tables and their columns, declared once: the query types derive from this declaration, and backups are written and checked by it. */
import type { Generated } from 'kysely';
import type { ImageFormat } from '../../model/image/image.ts';
import type { Leader } from '../../model/leader.ts';
import type { NodeAdministration, NodeStatus } from '../../model/node/node.ts';
import type { SliceDesired } from '../../model/slice/slice.ts';
import type { Task } from '../../model/task.ts';
import type { VmDesired, VmObservedState } from '../../model/vm/vm.ts';

/** `json` is text that holds a JSON document; a question mark allows null. Times are integers, ms since 1970; flags are 0 or 1. */
export type ColumnKind = 'text' | 'text?' | 'integer' | 'integer?' | 'json' | 'json?';

/** In an order in which rows can be inserted. The first column is the primary key. */
export const tables = {
  controller: {
    id: 'text',
    last_vlan: 'integer',
    last_segment: 'integer',
    placement_cursor: 'text?',
    events_pruned: 'integer',
    created_at: 'integer',
  },
  flavors: { name: 'text', cpus: 'integer', memory: 'integer', disk: 'integer?' },
  nodes: {
    id: 'text',
    name: 'text',
    endpoint: 'text',
    config: 'json',
    administration: 'text',
    status: 'text',
    status_reason: 'text?',
    status_since: 'integer',
    seen_at: 'integer?',
    specs: 'json?',
    images: 'json',
    created_at: 'integer',
  },
  images: {
    id: 'text',
    name: 'text',
    current: 'integer',
    sha256: 'text?',
    format: 'text?',
    size: 'integer?',
    virtual_size: 'integer?',
    traits: 'json',
    origin: 'text?',
    prepull: 'json',
    created_at: 'integer',
  },
  image_pulls: {
    name: 'text',
    definition: 'json',
    attempts: 'integer',
    retry_at: 'integer?',
    reason: 'text?',
    created_at: 'integer',
  },
  slices: {
    id: 'text',
    owner: 'text',
    name: 'text',
    spec: 'json',
    generation: 'integer',
    desired: 'text',
    transit: 'integer',
    router_node_id: 'text?',
    router_reason: 'text?',
    created_at: 'integer',
  },
  networks: { id: 'text', slice_id: 'text', name: 'text', spec: 'json', segment: 'integer', vlan: 'integer?' },
  vms: {
    id: 'text',
    slice_id: 'text',
    name: 'text',
    spec: 'json',
    cpus: 'integer',
    memory: 'integer',
    disk: 'integer',
    desired: 'text',
    generation: 'integer',
    boot: 'integer',
    image_id: 'text',
    node_id: 'text?',
    pending_reason: 'text?',
    moving_to: 'text?',
    stay_reason: 'text?',
    abandoned: 'integer',
    state: 'text',
    state_reason: 'text?',
    step: 'text?',
    pid: 'integer?',
    started_at: 'integer?',
    restarts: 'integer',
    restart_at: 'integer?',
    launch_failures: 'integer',
    launch_retry_at: 'integer?',
    launch_attempted: 'text?',
    change_failures: 'integer',
    change_retry_at: 'integer?',
    change_attempted: 'text?',
    disk_failures: 'integer',
    disk_retry_at: 'integer?',
    launch_hash: 'text?',
    memory_held: 'integer?',
    settled_generation: 'integer?',
    addressed: 'integer',
    created_at: 'integer',
  },
  nics: { id: 'text', vm_id: 'text', network_id: 'text', name: 'text', mac: 'text', address: 'text' },
  leftovers: { id: 'text', vm_id: 'text', node_id: 'text' },
  volumes: { id: 'text', vm_id: 'text', name: 'text', image_id: 'text?' },
  tasks: {
    id: 'text',
    owner: 'text',
    kind: 'text',
    subject: 'text',
    vm: 'text?',
    generation: 'integer',
    state: 'text',
    message: 'text?',
    created_at: 'integer',
    ended_at: 'integer?',
  },
  events: {
    sequence: 'integer',
    at: 'integer',
    kind: 'text',
    node: 'text?',
    slice: 'text?',
    vm: 'text?',
    message: 'text',
    step: 'json?',
    data: 'json?',
    actor: 'text?',
  },
  cursors: { name: 'text', sequence: 'integer', moved_at: 'integer' },
} as const satisfies Record<string, Record<string, ColumnKind>>;

export type TableName = keyof typeof tables;

type ColumnValue<Kind extends ColumnKind> = Kind extends 'text' | 'json'
  ? string
  : Kind extends 'text?' | 'json?'
    ? string | null
    : Kind extends 'integer'
      ? number
      : number | null;

type Columns<Table extends TableName> = {
  -readonly [Column in keyof (typeof tables)[Table]]: (typeof tables)[Table][Column] extends ColumnKind
    ? ColumnValue<(typeof tables)[Table][Column]>
    : never;
};

/** A table with text columns of a few permitted values; the schema has a check for each. */
type Narrowed<Table extends TableName, Narrow> = Omit<Columns<Table>, keyof Narrow> & Narrow;

export interface Tables {
  controller: Columns<'controller'>;
  flavors: Columns<'flavors'>;
  nodes: Narrowed<'nodes', { administration: NodeAdministration; status: NodeStatus }>;
  images: Narrowed<'images', { format: ImageFormat | null }>;
  image_pulls: Columns<'image_pulls'>;
  slices: Narrowed<'slices', { desired: SliceDesired }>;
  networks: Columns<'networks'>;
  vms: Narrowed<'vms', { desired: VmDesired; state: VmObservedState }>;
  nics: Columns<'nics'>;
  leftovers: Columns<'leftovers'>;
  volumes: Columns<'volumes'>;
  tasks: Narrowed<'tasks', Pick<Task, 'kind' | 'state'>>;
  events: Narrowed<'events', { sequence: Generated<number> }>;
  cursors: Columns<'cursors'>;
  /** Tables with transient content, which is no part of backups. */
  leader: Leader & { id: number; epoch: number; resigned: number };
}
