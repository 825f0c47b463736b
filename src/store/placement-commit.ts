/** Commits assignments inside one write transaction, each judged by what holds then and by those committed before it. */
import { add, capacityOf, nothing, type Resources, shortages } from '../model/capacity.ts';
import type { Node, NodeRole } from '../model/node.ts';
import type { Queries } from './database.ts';
import { readNodes } from './nodes.ts';
import type { Assignment } from './store.ts';
import { subtract, usageByNode } from './usage.ts';

/** The part of a VM's or a slice's row that an assignment is judged by. */
interface Subject {
  nodeId: string | null;
  reason: string | null;
  demand: Resources;
}

/** What is judged against. `used` grows as assignments are accepted. */
interface Books {
  nodes: Map<string, Node>;
  used: Map<string, Resources>;
  vms: Map<string, Subject>;
  routers: Map<string, Subject>;
}

/** Resolves with the identifiers of what was refused, see PlacementStore.commit. */
export async function commitAssignments(queries: Queries, assignments: readonly Assignment[]): Promise<{ refused: string[] }> {
  const books = await readBooks(queries);
  const refused: string[] = [];
  for (const assignment of assignments) {
    const subject = (assignment.kind === 'vm' ? books.vms : books.routers).get(assignment.id);
    if (subject === undefined || !isAcceptable(books, assignment, subject)) refused.push(assignment.id);
    else await assign(queries, books, assignment, subject);
  }
  return { refused };
}

/** What is absent is not in them: it stays where it is until it is gone. A router leaves its node also then. */
async function readBooks(queries: Queries): Promise<Books> {
  const vms = await queries
    .selectFrom('vms')
    .select(['id', 'node_id', 'pending_reason', 'cpus', 'memory', 'disk'])
    .where('desired', '<>', 'absent')
    .execute();
  const slices = await queries.selectFrom('slices').select(['id', 'router_node_id', 'router_reason']).execute();
  return {
    nodes: new Map((await readNodes(queries)).map((node) => [node.id, node])),
    used: usageByNode(vms),
    vms: new Map(
      vms.map(({ id, node_id: nodeId, pending_reason: reason, cpus, memory, disk }) => [
        id,
        { nodeId, reason, demand: { cpus, memory, disk } },
      ]),
    ),
    routers: new Map(slices.map(({ id, router_node_id: nodeId, router_reason: reason }) => [id, { nodeId, reason, demand: nothing }])),
  };
}

function isAcceptable(books: Books, assignment: Assignment, subject: Subject): boolean {
  if (subject.nodeId !== assignment.from) return false;
  if (assignment.nodeId === null || assignment.nodeId === subject.nodeId) return true;
  const node = books.nodes.get(assignment.nodeId);
  if (node === undefined || !takesMore(node, assignment.kind === 'vm' ? 'compute' : 'network')) return false;
  const capacity = capacityOf(node);
  return capacity !== null && shortages(subject.demand, capacity, books.used.get(node.id) ?? nothing).length === 0;
}

function takesMore(node: Node, role: NodeRole): boolean {
  return node.observed.status === 'ready' && node.administration === 'active' && node.config.roles.includes(role);
}

async function assign(queries: Queries, books: Books, { kind, id, nodeId, reason: given }: Assignment, subject: Subject): Promise<void> {
  const reason = nodeId === null ? given : null;
  if (subject.nodeId === nodeId && subject.reason === reason) return;
  if (kind === 'vm') await queries.updateTable('vms').set({ node_id: nodeId, pending_reason: reason }).where('id', '=', id).execute();
  else await queries.updateTable('slices').set({ router_node_id: nodeId, router_reason: reason }).where('id', '=', id).execute();
  move(books, subject, nodeId);
  subject.nodeId = nodeId;
  subject.reason = reason;
}

/** Keeps what is used true for the assignments that follow. */
function move({ used }: Books, { nodeId: from, demand }: Subject, to: string | null): void {
  if (from === to) return;
  if (from !== null) used.set(from, subtract(used.get(from) ?? nothing, demand));
  if (to !== null) used.set(to, add(used.get(to) ?? nothing, demand));
}
