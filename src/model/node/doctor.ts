/** The findings of `croft doctor`: for each node, its requirements, whether they are met, and the repair. */
import { z } from 'zod';
import { unreadableRowSchema } from '../unreadable-row.ts';

/** `fix` is the command that installs or repairs it; null where nothing is missing or no command would help. */
const doctorCheckSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  fix: z.string().nullable(),
});
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;

export const doctorReportSchema = z
  .object({ nodes: z.array(z.object({ node: z.string(), checks: z.array(doctorCheckSchema) })) })
  .meta({ id: 'DoctorReport' });
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** Of the whole controller: of all nodes, and of the database. */
export const controllerReportSchema = doctorReportSchema
  .extend({ unreadable: z.array(unreadableRowSchema) })
  .meta({ id: 'ControllerReport' });
export type ControllerReport = z.infer<typeof controllerReportSchema>;
