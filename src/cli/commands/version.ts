/** `croft version`: of this program, and of the controller where one answers. */
import type { Command } from 'commander';
import { asCroftError } from '../../model/error.ts';
import { leaderWords } from '../../model/leader.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { renderFields } from '../output/fields.ts';

export function registerVersion(command: Command, context: CliContext): void {
  withExamples(withOutput(command), 'croft version').action(async ({ output }: OutputOptions) => {
    const { version } = context.environment;
    const answer = await controllerVersion(context);
    await context.show(output, { version, controller: typeof answer === 'string' ? null : answer }, () =>
      renderFields(
        [
          ['croft', version],
          ['controller', typeof answer === 'string' ? answer : `${answer.version}, database ${answer.database}, id ${answer.controller}`],
        ],
        context.view(),
      ),
    );
  });
}

/** The controller's answer, or why there is none: the version of this program is worth showing without it. */
async function controllerVersion(context: CliContext) {
  try {
    return await (await context.client()).version();
  } catch (error) {
    const { code, message } = asCroftError(error);
    if (code !== 'controller.standby') return message;
    const { leader } = await (await context.client()).role();
    return `stands by while ${leaderWords(leader)} leads`;
  }
}
