CREATE TABLE controller (
  id text primary key,
  last_vlan integer not null,
  placement_cursor text,
  created_at integer not null
, last_segment integer not null default 0, events_pruned integer not null default 0) strict;

CREATE TABLE cursors (
  name text primary key,
  sequence integer not null,
  moved_at integer not null
) strict;

CREATE TABLE events (
  sequence integer primary key autoincrement,
  at integer not null,
  kind text not null,
  node text,
  slice text,
  vm text,
  message text not null,
  step text
, data text, actor text) strict;

CREATE TABLE flavors (
  name text primary key,
  cpus integer not null,
  memory integer not null,
  disk integer
) strict;

CREATE TABLE image_pulls (
  name text primary key,
  definition text not null,
  attempts integer not null,
  retry_at integer,
  reason text,
  created_at integer not null
) strict;

CREATE TABLE images (
  id text primary key,
  name text not null,
  current integer not null check (current in (0, 1)),
  sha256 text,
  format text check (format in ('qcow2', 'raw', 'iso')),
  size integer,
  virtual_size integer,
  traits text not null,
  origin text,
  prepull text not null,
  created_at integer not null
) strict;

CREATE UNIQUE INDEX images_by_name on images (name) where current = 1;

CREATE TABLE leader (
  id integer primary key check (id = 1),
  epoch integer not null,
  url text not null,
  host text not null,
  pid integer not null,
  since integer not null,
  resigned integer not null check (resigned in (0, 1))
) strict;

CREATE TABLE leftovers (
  id text primary key,
  vm_id text not null references vms (id),
  node_id text not null references nodes (id)
) strict;

CREATE INDEX leftovers_by_node on leftovers (node_id);

CREATE UNIQUE INDEX leftovers_by_vm on leftovers (vm_id, node_id);

CREATE TABLE migrations (number integer primary key, applied_at integer not null) strict;

CREATE TABLE networks (
  id text primary key,
  slice_id text not null references slices (id),
  name text not null,
  spec text not null,
  segment integer not null
, vlan integer) strict;

CREATE UNIQUE INDEX networks_by_name on networks (slice_id, name);

CREATE UNIQUE INDEX networks_by_segment on networks (segment);

CREATE UNIQUE INDEX networks_by_vlan on networks (vlan);

CREATE TABLE nics (
  id text primary key,
  vm_id text not null references vms (id),
  network_id text not null references networks (id),
  name text not null,
  mac text not null,
  address text not null
) strict;

CREATE UNIQUE INDEX nics_by_address on nics (network_id, address);

CREATE UNIQUE INDEX nics_by_mac on nics (mac);

CREATE UNIQUE INDEX nics_by_name on nics (vm_id, name);

CREATE TABLE nodes (
  id text primary key,
  name text not null,
  endpoint text not null,
  config text not null,
  administration text not null check (administration in ('active', 'draining')),
  status text not null check (status in ('new', 'ready', 'unreachable', 'unfit')),
  status_reason text,
  status_since integer not null,
  seen_at integer,
  specs text,
  images text not null,
  created_at integer not null
) strict;

CREATE UNIQUE INDEX nodes_by_endpoint on nodes (endpoint);

CREATE UNIQUE INDEX nodes_by_name on nodes (name);

CREATE TABLE slices (
  id text primary key,
  name text not null,
  spec text not null,
  generation integer not null,
  desired text not null check (desired in ('running', 'stopped', 'absent')),
  transit integer not null,
  router_node_id text references nodes (id),
  router_reason text,
  created_at integer not null
, owner text not null default 'admin') strict;

CREATE UNIQUE INDEX slices_by_name on slices (owner, name);

CREATE INDEX slices_by_router_node on slices (router_node_id);

CREATE UNIQUE INDEX slices_by_transit on slices (transit);

CREATE TABLE tasks (
  id text primary key,
  kind text not null,
  subject text not null,
  vm text,
  generation integer not null,
  state text not null check (state in ('running', 'done', 'failed')),
  message text,
  created_at integer not null,
  ended_at integer
, owner text not null default 'admin') strict;

CREATE INDEX tasks_by_age on tasks (created_at);

CREATE INDEX tasks_by_state on tasks (state, created_at);

CREATE TABLE vms (
  id text primary key,
  slice_id text not null references slices (id),
  name text not null,
  spec text not null,
  cpus integer not null,
  memory integer not null,
  disk integer not null,
  desired text not null check (desired in ('running', 'paused', 'stopped', 'absent')),
  generation integer not null,
  boot integer not null,
  image_id text not null references images (id),
  node_id text references nodes (id),
  pending_reason text,
  moving_to text references nodes (id),
  stay_reason text,
  abandoned integer not null check (abandoned in (0, 1)),
  state text not null check (state in ('none', 'preparing', 'stopped', 'running', 'paused', 'failed', 'unknown')),
  state_reason text,
  step text,
  pid integer,
  started_at integer,
  restarts integer not null,
  restart_at integer,
  change_attempted text,
  launch_hash text,
  memory_held integer,
  settled_generation integer,
  addressed integer not null check (addressed in (0, 1)),
  created_at integer not null
, launch_failures integer not null default 0, launch_retry_at integer, launch_attempted text, change_failures integer not null default 0, change_retry_at integer, disk_failures integer not null default 0, disk_retry_at integer) strict;

CREATE INDEX vms_abandoned on vms (id) where (abandoned = 1);

CREATE INDEX vms_awaited on vms (slice_id) where (state = 'running' and addressed = 0);

CREATE INDEX vms_by_image on vms (image_id);

CREATE UNIQUE INDEX vms_by_name on vms (slice_id, name) where desired <> 'absent';

CREATE INDEX vms_by_node on vms (node_id);

CREATE INDEX vms_by_slice on vms (slice_id, name, created_at, id);

CREATE INDEX vms_by_target on vms (moving_to);

CREATE INDEX vms_open on vms (slice_id) where (case when desired = 'absent' or settled_generation is null or settled_generation <> generation then 1 else 0 end = 1);

CREATE INDEX vms_undecided on vms (slice_id) where (node_id is null or moving_to is not null or stay_reason is not null);

CREATE TABLE volumes (
  id text primary key,
  vm_id text not null references vms (id),
  name text not null,
  image_id text references images (id)
) strict;

CREATE INDEX volumes_by_image on volumes (image_id);

CREATE UNIQUE INDEX volumes_by_name on volumes (vm_id, name);
