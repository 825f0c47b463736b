/** The first schema. Its text is frozen: what the indexes say is written here as it was, whatever queries say today. */
import type { SchemaWords } from '../database/database.ts';

export function initial({ text, integer, sequence, tableSuffix }: SchemaWords): string[] {
  return [
    `create table controller (
      id ${text} primary key,
      last_segment ${integer} not null,
      placement_cursor ${text},
      created_at ${integer} not null
    )${tableSuffix}`,
    `create table flavors (
      name ${text} primary key,
      cpus ${integer} not null,
      memory ${integer} not null,
      disk ${integer}
    )${tableSuffix}`,
    `create table nodes (
      id ${text} primary key,
      name ${text} not null,
      endpoint ${text} not null,
      config ${text} not null,
      administration ${text} not null check (administration in ('active', 'draining')),
      status ${text} not null check (status in ('new', 'ready', 'unreachable', 'unfit')),
      status_reason ${text},
      status_since ${integer} not null,
      seen_at ${integer},
      specs ${text},
      images ${text} not null,
      created_at ${integer} not null
    )${tableSuffix}`,
    'create unique index nodes_by_name on nodes (name)',
    'create unique index nodes_by_endpoint on nodes (endpoint)',
    `create table images (
      id ${text} primary key,
      name ${text} not null,
      current ${integer} not null check (current in (0, 1)),
      sha256 ${text},
      format ${text} check (format in ('qcow2', 'raw', 'iso')),
      size ${integer},
      virtual_size ${integer},
      traits ${text} not null,
      origin ${text},
      prepull ${text} not null,
      created_at ${integer} not null
    )${tableSuffix}`,
    `create table image_pulls (
      name ${text} primary key,
      definition ${text} not null,
      attempts ${integer} not null,
      retry_at ${integer},
      reason ${text},
      created_at ${integer} not null
    )${tableSuffix}`,
    'create unique index images_by_name on images (name) where current = 1',
    `create table slices (
      id ${text} primary key,
      name ${text} not null,
      spec ${text} not null,
      generation ${integer} not null,
      desired ${text} not null check (desired in ('running', 'stopped', 'absent')),
      transit ${integer} not null,
      router_node_id ${text} references nodes (id),
      router_reason ${text},
      created_at ${integer} not null
    )${tableSuffix}`,
    'create unique index slices_by_name on slices (name)',
    'create unique index slices_by_transit on slices (transit)',
    'create index slices_by_router_node on slices (router_node_id)',
    `create table networks (
      id ${text} primary key,
      slice_id ${text} not null references slices (id),
      name ${text} not null,
      spec ${text} not null,
      segment ${integer} not null
    )${tableSuffix}`,
    'create unique index networks_by_name on networks (slice_id, name)',
    'create unique index networks_by_segment on networks (segment)',
    `create table vms (
      id ${text} primary key,
      slice_id ${text} not null references slices (id),
      name ${text} not null,
      spec ${text} not null,
      cpus ${integer} not null,
      memory ${integer} not null,
      disk ${integer} not null,
      desired ${text} not null check (desired in ('running', 'paused', 'stopped', 'absent')),
      generation ${integer} not null,
      boot ${integer} not null,
      image_id ${text} not null references images (id),
      node_id ${text} references nodes (id),
      pending_reason ${text},
      moving_to ${text} references nodes (id),
      stay_reason ${text},
      abandoned ${integer} not null check (abandoned in (0, 1)),
      state ${text} not null check (state in ('none', 'preparing', 'stopped', 'running', 'paused', 'failed', 'unknown')),
      state_reason ${text},
      step ${text},
      pid ${integer},
      started_at ${integer},
      restarts ${integer} not null,
      retry_at ${integer},
      attempted ${text},
      launch_hash ${text},
      memory_held ${integer},
      settled_generation ${integer},
      addressed ${integer} not null check (addressed in (0, 1)),
      created_at ${integer} not null
    )${tableSuffix}`,
    // An absent VM frees its name at once for its successor.
    "create unique index vms_by_name on vms (slice_id, name) where desired <> 'absent'",
    'create index vms_by_slice on vms (slice_id, name, created_at, id)',
    'create index vms_by_node on vms (node_id)',
    'create index vms_by_image on vms (image_id)',
    'create index vms_by_target on vms (moving_to)',
    "create index vms_open on vms (slice_id) where (case when desired = 'absent' or settled_generation is null or settled_generation <> generation then 1 else 0 end = 1)",
    "create index vms_awaited on vms (slice_id) where (state = 'running' and addressed = 0)",
    'create index vms_undecided on vms (slice_id) where (node_id is null or moving_to is not null or stay_reason is not null)',
    `create table nics (
      id ${text} primary key,
      vm_id ${text} not null references vms (id),
      network_id ${text} not null references networks (id),
      name ${text} not null,
      mac ${text} not null,
      address ${text} not null
    )${tableSuffix}`,
    'create unique index nics_by_name on nics (vm_id, name)',
    'create unique index nics_by_address on nics (network_id, address)',
    'create unique index nics_by_mac on nics (mac)',
    // Nodes other than its own that may hold files of a VM: files that a move delivers there before its end, or leaves behind.
    `create table leftovers (
      id ${text} primary key,
      vm_id ${text} not null references vms (id),
      node_id ${text} not null references nodes (id)
    )${tableSuffix}`,
    'create unique index leftovers_by_vm on leftovers (vm_id, node_id)',
    'create index leftovers_by_node on leftovers (node_id)',
    'create index vms_abandoned on vms (id) where (abandoned = 1)',
    `create table volumes (
      id ${text} primary key,
      vm_id ${text} not null references vms (id),
      name ${text} not null,
      image_id ${text} references images (id)
    )${tableSuffix}`,
    'create unique index volumes_by_name on volumes (vm_id, name)',
    'create index volumes_by_image on volumes (image_id)',
    `create table tasks (
      id ${text} primary key,
      kind ${text} not null,
      subject ${text} not null,
      vm ${text},
      generation ${integer} not null,
      state ${text} not null check (state in ('running', 'done', 'failed')),
      message ${text},
      created_at ${integer} not null,
      ended_at ${integer}
    )${tableSuffix}`,
    'create index tasks_by_age on tasks (created_at)',
    'create index tasks_by_state on tasks (state, created_at)',
    `create table events (
      sequence ${sequence},
      at ${integer} not null,
      kind ${text} not null,
      node ${text},
      slice ${text},
      vm ${text},
      message ${text} not null,
      step ${text}
    )${tableSuffix}`,
  ];
}
