/** What `croft doctor` finds: for each node, what it needs, whether it is there, and how it is put right. */
import { z } from 'zod';

/** `fix` is the command that installs or repairs it; null where nothing is wrong or no command would help. */
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
