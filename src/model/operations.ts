/** Bodies and answers of the API's operations that are not resources themselves. */
import { z } from 'zod';
import { nameSchema } from './input/name.ts';
import { labelSchema, overcommitSchemas } from './node/node.ts';
import { nodeViewSchema } from './node/view.ts';
import { changeTimes } from './slice/change.ts';
import { sliceSummarySchema } from './slice/view.ts';
import { taskSchema } from './task.ts';

/** A slice file, either as its text (errors then name line and column) or as the object that it stands for, which has a check of its own. */
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
    /** VMs may be made anew where the change needs it, and volumes may go; what is on their disks is lost. */
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
  /** What differs, in words; empty for `create` and `remove`. */
  changes: z.array(
    z.object({
      field: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      /** What is lost although the VM itself stays: needs `allowRecreate`. */
      loses: z.string().optional(),
      /**
       * How it comes to a VM that runs and is not restarted for it. live: now. offered: now where the guest lets it, else at
       * its next start. next-start: at its next start.
       */
      when: z.enum(changeTimes).optional(),
    }),
  ),
});

/** What an apply would do. */
export const planAnswerSchema = z
  .object({
    slice: z.string(),
    /** The generation it was compared with; null where the slice is new. */
    against: z.int().nullable(),
    networks: z.array(partChangeSchema),
    vms: z.array(partChangeSchema),
    /** Where VMs that would be made would go now; `reason` says why one would wait, where `node` is null. */
    places: z.array(z.object({ vm: z.string(), node: z.string().nullable(), reason: z.string().nullable() })),
    /** Why applying it would be refused as things are now; empty where it would not. */
    refusals: z.array(z.string()),
    /** What changes for a person, one line per change. */
    lines: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export type PlanAnswer = z.infer<typeof planAnswerSchema>;

export const applyAnswerSchema = z
  .object({
    slice: sliceSummarySchema,
    /** Null where nothing differs and nothing is under way. */
    task: taskSchema.nullable(),
    lines: z.array(z.string()),
  })
  .meta({ id: 'Applied' });
export type ApplyAnswer = z.infer<typeof applyAnswerSchema>;

/** What can be changed of a node that is adopted. */
export const nodeEditSchema = z
  .strictObject({
    pool: nameSchema.optional(),
    /** Those given are set, those given as null removed; the others stay. */
    labels: z.record(labelSchema, labelSchema.nullable()).optional(),
    /** Those given are set, the others stay. */
    overcommit: z.strictObject(overcommitSchemas).partial().optional(),
  })
  .meta({ id: 'NodeEdit' });
export type NodeEdit = z.infer<typeof nodeEditSchema>;

/** At most four minutes: HTTP clients give up on an answer after five. */
const timeoutSchema = z.int().min(1).max(240_000).default(30_000).meta({ description: 'ms' });
const argumentSchema = z.string().regex(/^[^\0]*$/, 'an argument cannot hold a NUL');

/** A program with its arguments, or a script that /bin/sh reads; either runs as root and is recorded. */
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

/** What was still there when a node was removed, as `slice/vm`. */
export const abandonedAnswerSchema = z.object({
  abandoned: z.array(z.string()),
  /** Why it could not be cleaned, where it was given up; null where nothing is left there. */
  left: z.string().nullable(),
});
export type AbandonedAnswer = z.infer<typeof abandonedAnswerSchema>;

/** What becomes of a node's VMs when it is drained, as decided at once; it may be decided anew later. */
export const drainAnswerSchema = z
  .object({
    node: nodeViewSchema,
    /** Ends when nothing moves any more; its message then says what stays. */
    task: taskSchema,
    vms: z.array(
      z.object({
        /** `slice/vm`. */
        vm: z.string(),
        /** The node that it moves to; null where it stays. */
        movingTo: z.string().nullable(),
        /** Why it stays; null where it moves. */
        stayReason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Drained' });
export type DrainAnswer = z.infer<typeof drainAnswerSchema>;

export const latestEventAnswerSchema = z.object({ sequence: z.int() });
export type LatestEventAnswer = z.infer<typeof latestEventAnswerSchema>;
