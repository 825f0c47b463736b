/** `croft doctor`: whether the controller answers, what of its database it cannot read, and the missing parts of each node. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodes } from '../exit-codes.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { doctorText, isHealthy, unreadableText } from '../views/doctor.ts';

export function registerDoctor(doctor: Command, context: CliContext): void {
  withExamples(withOutput(doctor), 'croft doctor', 'croft doctor -o json').action(async ({ output }: OutputOptions) => {
    const client = await context.client();
    const { version, database } = await client.version();
    const report = await client.doctor();
    await context.show(output, report, (found) =>
      [
        `The controller answers: version ${version}, database ${database}.`,
        ...(found.unreadable.length === 0 ? [] : [unreadableText(found.unreadable)]),
        doctorText(found, context.view()),
      ].join('\n'),
    );
    if (!isHealthy(report) || report.unreadable.length > 0) context.exitCode = exitCodes.failed.code;
  });
}
