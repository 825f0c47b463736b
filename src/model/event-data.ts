/** All kinds of recorded events, each with its data: the values that a program needs in addition to the subject. */
import { z } from 'zod';
import { taskKinds } from './task.ts';

const reason = z.string();
const nothing = z.looseObject({});
/** A wish that a task carries out. */
const task = z.looseObject({ task: z.string(), generation: z.int() });
const why = z.looseObject({ reason });
const changes = z.array(z.looseObject({ name: z.string(), change: z.enum(['create', 'update', 'restart', 'recreate', 'remove']) }));
const image = z.looseObject({ image: z.string() });

/** Subject first. Append-only, since recorded events stay as they are. */
export const eventData = {
  'slice.applied': task.extend({ vms: changes, networks: changes }),
  'slice.start': task,
  'slice.stop': task,
  'slice.remove': task,
  'slice.removed': nothing,
  'vm.start': task,
  'vm.stop': task,
  'vm.restart': task,
  'vm.pause': task,
  'vm.resume': task,
  'vm.remove': task,
  'task.ended': z.looseObject({
    task: z.string(),
    kind: z.enum(taskKinds),
    state: z.enum(['done', 'failed']),
    reason: reason.nullable(),
  }),

  'vm.placed': nothing,
  'vm.pending': why,
  'router.placed': nothing,
  'router.pending': why,
  /** `node` is the one that the VM leaves. */
  'vm.moving': z.looseObject({ to: z.string() }),
  'vm.stays': z.looseObject({ reason: reason.nullable() }),

  /** `percent`: for a step that takes long. */
  'vm.step': z.looseObject({ percent: z.int().nullable() }),
  'vm.running': nothing,
  'vm.failed': why,
  /** `deferred`: changes that take effect at the next start. */
  'vm.changed': z.looseObject({ done: z.string(), deferred: z.string().nullable() }),
  'vm.change-failed': why,
  'vm.stopped': z.looseObject({ how: z.string() }),
  'vm.paused': nothing,
  'vm.resumed': nothing,
  'vm.thawed': nothing,
  'vm.removed': nothing,
  'vm.moved': z.looseObject({ to: z.string() }),
  'vm.move-failed': why,
  'vm.ended': why,
  'vm.waiting': why,
  'vm.addressed': z.looseObject({ nics: z.array(z.looseObject({ name: z.string(), address: z.string() })) }),
  'vm.snapshot': z.looseObject({ snapshot: z.string(), memory: z.boolean() }),
  'vm.reverted': z.looseObject({ snapshot: z.string() }),
  'vm.snapshot-removed': z.looseObject({ snapshot: z.string() }),
  'vm.rebooted': z.looseObject({ hard: z.boolean() }),

  /** `faults`: what was repaired. */
  'router.done': z.looseObject({ faults: z.array(z.string()) }),
  'router.removed': nothing,
  'router.failed': why,

  'node.added': z.looseObject({ address: z.string().nullable(), hostKey: z.string().nullable() }),
  'node.configured': z.looseObject({ pool: z.string(), labels: z.record(z.string(), z.string()) }),
  'node.draining': z.looseObject({ task: z.string() }),
  'node.active': nothing,
  'node.removed': z.looseObject({ abandoned: z.array(z.string()) }),
  'node.status': z.looseObject({ status: z.string(), reason: reason.nullable() }),
  'node.failed': why,
  'node.repaired': z.looseObject({ ports: z.int() }),
  /** Identifiers. */
  'node.strangers': z.looseObject({ vms: z.array(z.string()) }),
  /** `sha256`: of a script. */
  'node.exec': z.looseObject({ argv: z.array(z.string()).nullable(), sha256: z.string().nullable() }),
  'node.fix': nothing,

  'image.requested': image,
  'image.fetching': image.extend({ phase: z.string(), percent: z.int() }),
  'image.building': image,
  'image.added': image.extend({ sha256: z.string() }),
  'image.given-up': image.extend({ reason }),
  /** By its name where it was not fetched, by its sha256 where its delivery to a node failed. */
  'image.failed': z.looseObject({ image: z.string().nullable(), sha256: z.string().nullable(), reason }),
  'image.placed': z.looseObject({ sha256: z.string() }),
  'image.damaged': z.looseObject({ sha256: z.string(), removed: z.boolean() }),
  'image.removed': image,
  'image.map': nothing,

  'store.restored': nothing,
  /** Never stored: replaces the events `from` to `to`, which are no longer kept. */
  'events.gap': z.looseObject({ from: z.int(), to: z.int() }),
} as const satisfies Record<string, z.ZodObject>;

export type EventKind = keyof typeof eventData;
export type EventData<Kind extends EventKind> = z.infer<(typeof eventData)[Kind]>;
