/** Nodes in the database. */

import type { Selectable } from 'kysely';
import { CroftError } from '../../model/error.ts';
import { goneById, missing } from '../../model/missing.ts';
import type { Node, NodeAdministration, NodeConfig, NodeObserved } from '../../model/node/node.ts';
import { unobserved } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { forms, readable, rowInWords } from '../database/json-columns.ts';
import { SqlStore } from '../database/sql-store.ts';
import type { Tables } from '../database/tables.ts';
import { fullName } from '../slice/full-name.ts';
import type { LeftOut, NodeStore } from '../store.ts';
import { deleteVms, observedColumns } from '../vm/rows.ts';

export class SqlNodeStore extends SqlStore implements NodeStore {
  list(leftOut?: LeftOut): Promise<Node[]> {
    return this.database.ask((queries) => readNodes(queries, leftOut));
  }

  get(name: string): Promise<Node> {
    return this.database.read((queries) => getNode(queries, name));
  }

  async names(): Promise<Map<string, string>> {
    const rows = await this.database.ask((queries) => queries.selectFrom('nodes').select(['id', 'name']).execute());
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  byId(id: string): Promise<Node | null> {
    return this.database.ask((queries) => readNode(queries, id));
  }

  add(config: NodeConfig): Promise<Node> {
    const now = this.now();
    const node: Node = {
      id: this.newIdentifier(),
      config,
      administration: 'active',
      observed: { status: 'new', reason: null, seenAt: null, since: now, specs: null, images: [] },
      createdAt: now,
    };
    return this.database.write(async (queries) => {
      await refuseTwin(queries, node.id, config);
      const columns = { id: node.id, ...configColumns(config), administration: node.administration, created_at: now };
      await queries
        .insertInto('nodes')
        .values({ ...columns, ...nodeObservedColumns(node.observed) })
        .execute();
      return node;
    });
  }

  configure(name: string, edit: (config: NodeConfig) => NodeConfig): Promise<Node> {
    return this.database.write(async (queries) => {
      const node = await getNode(queries, name);
      const config = edit(node.config);
      await refuseTwin(queries, node.id, config);
      await queries.updateTable('nodes').set(configColumns(config)).where('id', '=', node.id).execute();
      return { ...node, config };
    });
  }

  administer(id: string, administration: NodeAdministration): Promise<void> {
    return this.database.write(async (queries) => {
      const { numUpdatedRows } = await queries.updateTable('nodes').set({ administration }).where('id', '=', id).executeTakeFirst();
      if (numUpdatedRows === 0n) throw goneById('node', id);
    });
  }

  observe(id: string, observed: NodeObserved): Promise<void> {
    return this.database.write(async (queries) => {
      await queries.updateTable('nodes').set(nodeObservedColumns(observed)).where('id', '=', id).execute();
    });
  }

  remove(id: string, abandon: boolean): Promise<string[]> {
    return this.database.write(async (queries) => {
      const node = await queries.selectFrom('nodes').select('name').where('id', '=', id).executeTakeFirst();
      if (node === undefined) throw goneById('node', id);
      const assigned = await assignedTo(queries, id);
      if (assigned.length > 0 && !abandon) {
        throw new CroftError('conflict.in-use', `node "${node.name}" still has ${assigned.join(', ')}`, {
          hint: 'Drain it first, or abandon what it has.',
        });
      }
      await unassignAll(queries, id, `its node "${node.name}" was removed`);
      await queries.deleteFrom('nodes').where('id', '=', id).execute();
      return assigned;
    });
  }
}

/** Rejects with `not-found` and near names. */
async function getNode(queries: Queries, name: string): Promise<Node> {
  const row = await queries.selectFrom('nodes').selectAll().where('name', '=', name).executeTakeFirst();
  if (row !== undefined) return nodeOf(row);
  const rows = await queries.selectFrom('nodes').select('name').orderBy('name').execute();
  throw missing(
    'node',
    name,
    rows.map((each) => each.name),
  );
}

/** Sorted by name. */
export async function readNodes(queries: Queries, leftOut?: LeftOut): Promise<Node[]> {
  const rows = await queries.selectFrom('nodes').selectAll().orderBy('name').execute();
  return readable(rows, nodeOf, leftOut);
}

/** The configuration of the node; rejects where there is no such node. */
export async function readConfig(queries: Queries, id: string): Promise<NodeConfig> {
  const row = await queries.selectFrom('nodes').select(['name', 'config']).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new Error(`node ${id} was removed`);
  return forms.nodes.config.read(row.config, rowInWords('nodes', row.name));
}

/** Null where there is none. */
async function readNode(queries: Queries, id: string): Promise<Node | null> {
  const row = await queries.selectFrom('nodes').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : nodeOf(row);
}

function nodeOf(row: Selectable<Tables['nodes']>): Node {
  const { status, status_reason: reason, seen_at: seenAt, status_since: since } = row;
  return {
    id: row.id,
    config: forms.nodes.config.read(row.config, rowInWords('nodes', row.name)),
    administration: row.administration,
    observed: { status, reason, seenAt, since, ...seenOf(row) },
    createdAt: row.created_at,
  };
}

/** What cannot be read was not seen: the next look at the node writes it again. */
function seenOf(row: Selectable<Tables['nodes']>): Pick<NodeObserved, 'specs' | 'images'> {
  const { specs, images } = forms.nodes;
  const whose = rowInWords('nodes', row.name);
  const [seen = null] = readable([row.specs], (text) => (text === null ? null : specs.read(text, whose)));
  const [here = []] = readable([row.images], (text) => images.read(text, whose));
  return { specs: seen, images: here };
}

function configColumns(config: NodeConfig) {
  return { name: config.name, endpoint: endpointOf(config), config: forms.nodes.config.write(config) };
}

/** Properties that two nodes may not share: the machine, as far as its address identifies it, and the folder on it. */
function endpointOf({ ssh, stateFolder }: NodeConfig): string {
  if (ssh === undefined) return `local:${stateFolder}`;
  const via = ssh.jump === undefined ? '' : `${ssh.jump.address}:${ssh.jump.port}>`;
  return `ssh:${via}${ssh.address.toLowerCase()}:${ssh.port}:${stateFolder}`;
}

function nodeObservedColumns({ status, reason, seenAt, since, specs, images }: NodeObserved) {
  return {
    status,
    status_reason: reason,
    seen_at: seenAt,
    status_since: since,
    specs: specs === null ? null : forms.nodes.specs.write(specs),
    images: forms.nodes.images.write(images),
  };
}

async function refuseTwin(queries: Queries, id: string, config: NodeConfig): Promise<void> {
  const twin = await queries
    .selectFrom('nodes')
    .select('name')
    .where((where) => where.or([where('name', '=', config.name), where('endpoint', '=', endpointOf(config))]))
    .where('id', '<>', id)
    .executeTakeFirst();
  if (twin === undefined) return;
  if (twin.name === config.name) throw new CroftError('conflict.exists', `there is already a node "${config.name}"`);
  throw new CroftError('conflict.exists', `node "${twin.name}" is already this machine and state folder`, {
    hint: 'Give the second node on one machine a state folder of its own.',
  });
}

/** The assignments of the node, in words. */
async function assignedTo(queries: Queries, id: string): Promise<string[]> {
  const vms = await queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select([fullName.as('slice'), 'vms.name as vm'])
    .where('vms.node_id', '=', id)
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name')
    .execute();
  const routers = await queries.selectFrom('slices').select(fullName.as('name')).where('router_node_id', '=', id).orderBy('name').execute();
  return [...vms.map(({ slice, vm }) => `${slice}/${vm}`), ...routers.map(({ name }) => `${name}/(router)`)];
}

/** Observations of the node are no longer valid, so they are deleted too. */
async function unassignAll(queries: Queries, id: string, reason: string): Promise<void> {
  const absent = await queries.selectFrom('vms').select('id').where('node_id', '=', id).where('desired', '=', 'absent').execute();
  await deleteVms(
    queries,
    absent.map((vm) => vm.id),
  );
  await queries
    .updateTable('vms')
    .set({ node_id: null, pending_reason: reason, moving_to: null, stay_reason: null, abandoned: 1, ...observedColumns(unobserved) })
    .where('node_id', '=', id)
    .execute();
  await queries.updateTable('vms').set({ moving_to: null }).where('moving_to', '=', id).execute();
  await queries.deleteFrom('leftovers').where('node_id', '=', id).execute();
  await queries.updateTable('slices').set({ router_node_id: null, router_reason: reason }).where('router_node_id', '=', id).execute();
}
