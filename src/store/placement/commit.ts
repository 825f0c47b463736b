/** Commits assignments inside one write transaction, each judged by the present state and by the assignments committed before it. */

import type { NodeRole } from '../../model/node/roles.ts';
import type { Assignment, MoveAssignment } from '../../model/placement/assignment.ts';
import { capacityOf, nothing, shortages } from '../../model/placement/capacity.ts';
import { mismatch, requirementOf, takesMore } from '../../model/placement/node-fit.ts';
import type { Queries } from '../database/database.ts';
import { noteLeftovers } from '../node/leftovers.ts';
import { portions } from '../vm/rows.ts';
import { type Books, readBooks, relocate, type Subject } from './books.ts';

/** Resolves with the identifiers of refused assignments, see PlacementStore.commit. */
export async function commitAssignments(queries: Queries, assignments: readonly Assignment[]): Promise<{ refused: string[] }> {
  const books = await readBooks(queries, assignments);
  const accepted: Assignment[] = [];
  const refused: string[] = [];
  for (const group of groupsOf(assignments)) {
    if (acceptAll(books, group)) accepted.push(...group);
    else refused.push(...group.map(({ id }) => id));
  }
  await write(queries, accepted);
  return { refused };
}

/** Groups, in the order of their first members. */
function groupsOf(assignments: readonly Assignment[]): Assignment[][] {
  const groups: Assignment[][] = [];
  const byName = new Map<string, Assignment[]>();
  for (const assignment of assignments) {
    const name = assignment.kind === 'router' ? null : assignment.group;
    const known = name === null ? undefined : byName.get(name);
    if (known !== undefined) known.push(assignment);
    else {
      const group = [assignment];
      groups.push(group);
      if (name !== null) byName.set(name, group);
    }
  }
  return groups;
}

/** Where an assignment is refused, the places given to the others of its group are revoked. */
function acceptAll(books: Books, group: readonly Assignment[]): boolean {
  const before: { subject: Subject; nodeId: string | null; movingTo: string | null }[] = [];
  for (const assignment of group) {
    const subject = (assignment.kind === 'router' ? books.routers : books.vms).get(assignment.id);
    if (subject === undefined || !isAcceptable(books, assignment, subject, group)) {
      for (const { subject: undone, nodeId, movingTo } of before.reverse()) relocate(books, undone, nodeId, movingTo);
      return false;
    }
    before.push({ subject, nodeId: subject.nodeId, movingTo: subject.movingTo });
    if (assignment.kind === 'move') relocate(books, subject, subject.nodeId, assignment.nodeId);
    else relocate(books, subject, assignment.nodeId, subject.movingTo);
  }
  return true;
}

function isAcceptable(books: Books, assignment: Assignment, subject: Subject, group: readonly Assignment[]): boolean {
  const { kind, from, nodeId } = assignment;
  if (subject.nodeId !== from || subject.movingTo !== (kind === 'move' ? assignment.instead : null)) return false;
  if (nodeId === null || (kind !== 'move' && nodeId === from)) return true;
  if (!hasRoom(books, nodeId, kind === 'router' ? 'network' : 'compute', subject)) return false;
  if (kind === 'router') return true;
  return mayBeThere(books, assignment.id, nodeId, group) && (kind === 'vm' ? isFetched(books, assignment.id) : mayLeave(books, assignment));
}

function hasRoom({ nodes, used }: Books, nodeId: string, role: NodeRole, { demand }: Subject): boolean {
  const node = nodes.get(nodeId);
  const capacity = node === undefined ? null : capacityOf(node);
  if (node === undefined || capacity === null || !takesMore(node, role)) return false;
  return shortages(demand, capacity, used.get(nodeId) ?? nothing).length === 0;
}

function isFetched({ asking }: Books, id: string): boolean {
  return asking.get(id)?.fetched ?? false;
}

/** The requirements on the node, and the constraints between the places of the VM and of others of its slice. */
function mayBeThere({ nodes, asking, peers, vms }: Books, id: string, nodeId: string, group: readonly Assignment[]): boolean {
  const [node, vm] = [nodes.get(nodeId), asking.get(id)];
  const present = nodes.get(vms.get(id)?.nodeId ?? '');
  if (node === undefined || vm === undefined) return false;
  // Impairments since then are not checked: no place is revoked for those either.
  if (mismatch(node, requirementOf({ ...vm, impaired: false }, vm.image, present)) !== null) return false;
  const destination = (peer: string): string | null => {
    const planned = group.find((assignment) => assignment.id === peer)?.nodeId;
    const subject = vms.get(peer);
    return planned ?? subject?.movingTo ?? subject?.nodeId ?? null;
  };
  const places = (peer: string): (string | null)[] => [destination(peer), vms.get(peer)?.nodeId ?? null, vms.get(peer)?.movingTo ?? null];
  const rules = peers.of(vm);
  return (
    rules.with.every((peer) => (destination(peer.id) ?? nodeId) === nodeId) &&
    rules.apart.every((peer) => !places(peer.id).includes(nodeId))
  );
}

/** Only off a node that drains and answers, and never a VM that would not be started again. */
function mayLeave({ nodes, asking }: Books, { id, from }: MoveAssignment): boolean {
  const [node, vm] = [nodes.get(from), asking.get(id)];
  if (node === undefined || vm === undefined || node.administration !== 'draining' || node.observed.status !== 'ready') return false;
  return vm.desired === 'stopped' || (vm.desired === 'running' && vm.spec.restart !== 'never');
}

/** Rows that get the same values are written together. */
async function write(queries: Queries, accepted: readonly Assignment[]): Promise<void> {
  const changes = { vm: new Changes(), move: new Changes(), router: new Changes() };
  for (const { kind, id, nodeId, reason } of accepted) changes[kind].add(id, nodeId, nodeId === null ? reason : null);
  for (const { nodeId, reason, ids } of changes.vm.parts())
    await queries.updateTable('vms').set({ node_id: nodeId, pending_reason: reason }).where('id', 'in', ids).execute();
  for (const { nodeId, reason, ids } of changes.move.parts()) {
    await queries.updateTable('vms').set({ moving_to: nodeId, stay_reason: reason }).where('id', 'in', ids).execute();
    if (nodeId !== null)
      await noteLeftovers(
        queries,
        ids.map((vmId) => ({ vmId, nodeId })),
      );
  }
  for (const { nodeId, reason, ids } of changes.router.parts())
    await queries.updateTable('slices').set({ router_node_id: nodeId, router_reason: reason }).where('id', 'in', ids).execute();
}

interface Change {
  nodeId: string | null;
  reason: string | null;
}

/** The new values by subject; of several changes of one subject the last holds. */
class Changes {
  readonly #byId = new Map<string, Change>();

  add(id: string, nodeId: string | null, reason: string | null): void {
    this.#byId.set(id, { nodeId, reason });
  }

  parts(): (Change & { ids: string[] })[] {
    const alike = Map.groupBy(this.#byId, ([, { nodeId, reason }]) => JSON.stringify([nodeId, reason]));
    return [...alike.values()].flatMap((entries) => {
      const [first] = entries;
      if (first === undefined) return [];
      return portions(entries.map(([id]) => id)).map((ids) => ({ ...first[1], ids }));
    });
  }
}
