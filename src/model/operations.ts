/** Bodies and answers of the API's operations on no resource of their own. */
import { z } from 'zod';
import { nameSchema } from './input/name.ts';
import { labelSchema, overcommitSchemas } from './node/node.ts';
import { nodeViewSchema } from './node/view.ts';
import { changeTimes } from './slice/change.ts';
import { sliceSummarySchema } from './slice/view.ts';
import { taskSchema } from './task.ts';

/** A slice file, either as its text (errors then name line and column) or as the parsed object, which is checked separately. */
const sliceDocumentShape = {
  text: z.string().optional(),
  file: z.unknown().meta({ $ref: '#/components/schemas/SliceFileInput' }).optional(),
};
const exactlyOne = (body: { text?: string | undefined; file?: unknown }): boolean =>
  (body.text === undefined) !== (body.file === undefined);
const exactlyOneRule = 'give either "text" or "file"';

export const planRequestSchema = z.object(sliceDocumentShape).refine(exactlyOne, exactlyOneRule).meta({ id: 'PlanRequest' });
export type SliceDocument = { text: string } | { file: unknown };

export const applyRequestSchema = z
  .object({
    ...sliceDocumentShape,
    /** VMs may be recreated where the change needs it, and volumes may be removed; the content of their disks is lost. */
    allowRecreate: z.boolean().default(false),
    /** Refuse unless the slice still has this generation; null where it must not exist yet. */
    against: z.int().nullable().optional(),
  })
  .refine(exactlyOne, exactlyOneRule)
  .meta({ id: 'ApplyRequest' });
export type ApplyOptions = Partial<Pick<z.infer<typeof applyRequestSchema>, 'allowRecreate' | 'against'>>;

const changeKindSchema = z.enum(['create', 'update', 'restart', 'recreate', 'remove']);

const partChangeSchema = z.object({
  kind: changeKindSchema,
  name: z.string(),
  /** The differences, in words; empty for `create` and `remove`. */
  changes: z.array(
    z.object({
      field: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      /** The losses although the VM itself stays: needs `allowRecreate`. */
      loses: z.string().optional(),
      /**
       * How the change reaches a running VM without a restart. live: now. offered: now where the guest permits it, otherwise at its next
       * start. next-start: at its next start.
       */
      when: z.enum(changeTimes).optional(),
    }),
  ),
});

/** The effect of an apply. */
export const planAnswerSchema = z
  .object({
    slice: z.string(),
    /** The generation that the change was compared with; null where the slice is new. */
    against: z.int().nullable(),
    networks: z.array(partChangeSchema),
    vms: z.array(partChangeSchema),
    /** Where new VMs would be placed now; `reason` says why a VM would wait, where `node` is null. */
    places: z.array(z.object({ vm: z.string(), node: z.string().nullable(), reason: z.string().nullable() })),
    /** Why an apply would be refused at present; empty where it would not. */
    refusals: z.array(z.string()),
    /** The changes, human-readable, one line per change. */
    lines: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export type PlanAnswer = z.infer<typeof planAnswerSchema>;

export const applyAnswerSchema = z
  .object({
    slice: sliceSummarySchema,
    /** Null where there is no difference and no work in progress. */
    task: taskSchema.nullable(),
    lines: z.array(z.string()),
  })
  .meta({ id: 'Applied' });
export type ApplyAnswer = z.infer<typeof applyAnswerSchema>;

/** The changeable settings of an adopted node. */
export const nodeEditSchema = z
  .strictObject({
    pool: nameSchema.optional(),
    /** Given labels are set, those given as null removed; the others stay. */
    labels: z.record(labelSchema, labelSchema.nullable()).optional(),
    /** Given factors are set, the others stay. */
    overcommit: z.strictObject(overcommitSchemas).partial().optional(),
  })
  .meta({ id: 'NodeEdit' });
export type NodeEdit = z.infer<typeof nodeEditSchema>;

/** At most four minutes: HTTP clients stop waiting for an answer after five. */
const timeoutSchema = z.int().min(1).max(240_000).default(30_000).meta({ description: 'ms' });
const argumentSchema = z.string().regex(/^[^\0]*$/, 'an argument cannot hold a NUL');

/** A program with its arguments, or a script for /bin/sh; either runs as root and is recorded. */
export const execRequestSchema = z
  .union([
    z.strictObject({ argv: z.tuple([argumentSchema.min(1)], argumentSchema), timeout: timeoutSchema }),
    z.strictObject({ script: z.string().min(1), args: z.array(argumentSchema).default([]), timeout: timeoutSchema }),
  ])
  .meta({ id: 'ExecRequest' });
export type ExecRequest = z.infer<typeof execRequestSchema>;
export type ExecInput = z.input<typeof execRequestSchema>;

export const commandAnswerSchema = z.object({ code: z.int(), stdout: z.string(), stderr: z.string() }).meta({ id: 'CommandResult' });
export type CommandAnswer = z.infer<typeof commandAnswerSchema>;

export const versionAnswerSchema = z
  .object({ version: z.string(), controller: z.string(), database: z.enum(['sqlite', 'postgres']) })
  .meta({ id: 'Version' });
export type VersionAnswer = z.infer<typeof versionAnswerSchema>;

export const fingerprintAnswerSchema = z.object({ fingerprint: z.string() });
export type FingerprintAnswer = z.infer<typeof fingerprintAnswerSchema>;

/** VMs still present when a node was removed, as `slice/vm`. */
export const abandonedAnswerSchema = z.object({
  abandoned: z.array(z.string()),
  /** Why the node could not be cleaned, where it was given up; null where nothing is left there. */
  left: z.string().nullable(),
});
export type AbandonedAnswer = z.infer<typeof abandonedAnswerSchema>;

/** The fate of a node's VMs when it is drained, as decided at once; later decisions may differ. */
export const drainAnswerSchema = z
  .object({
    node: nodeViewSchema,
    /** Ends when no VM moves any more; its message then names the VMs that stay. */
    task: taskSchema,
    vms: z.array(
      z.object({
        /** `slice/vm`. */
        vm: z.string(),
        /** The target node of its move; null where it stays. */
        movingTo: z.string().nullable(),
        /** Why the VM stays; null where it moves. */
        stayReason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Drained' });
export type DrainAnswer = z.infer<typeof drainAnswerSchema>;

export const latestEventAnswerSchema = z.object({ sequence: z.int() });
export type LatestEventAnswer = z.infer<typeof latestEventAnswerSchema>;
