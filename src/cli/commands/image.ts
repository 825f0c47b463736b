/** `croft image`: the disks that VMs start from. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { CroftError } from '../../model/error.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { unreadable } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { durationInWords } from '../output/quantity.ts';
import { LiveLines } from '../progress/live-lines.ts';
import { transferLine } from '../progress/transfer-line.ts';
import { imageAdded, imageTable } from '../views/image.ts';

export function registerImage(image: Command, context: CliContext): void {
  withExamples(withOutput(image.command('ls').description('list the images')), 'croft image ls').action(
    async ({ output }: OutputOptions) => {
      const client = await context.client();
      await context.show(output, await client.images.list(), (images) => imageTable(images, context.view()));
    },
  );
  withExamples(
    withOutput(image.command('add').argument('<name>').argument('<file>', 'a disk image, qcow2 or raw').description('add a disk image')),
    'croft image add debian debian-12-generic-amd64.qcow2',
  ).action(async (name: string, file: string, { output }: OutputOptions) => {
    const client = await context.client();
    const size = await sizeOf(file);
    const added = await client.images.add(name, createReadStream(file), transferDisplay(context, name, size));
    await context.show(output, added, imageAdded);
  });
  withExamples(
    withOutput(
      image.command('build-micro').argument('[name]', 'how it is called', 'micro').description('build the small guest image for trials'),
    ),
    'croft image build-micro',
  ).action(async (name: string, { output }: OutputOptions) => {
    const client = await context.client();
    context.say(`building image ${name} from packages of this system …`);
    const beganAt = Date.now();
    const built = await client.images.buildMicro(name);
    await context.show(output, built, (found) => `${imageAdded(found)}, built in ${durationInWords(Date.now() - beganAt)}`);
  });
  withExamples(image.command('rm').argument('<image>').description('remove an image that no VM uses'), 'croft image rm micro').action(
    async (name: string) => {
      const client = await context.client();
      await client.images.remove(name);
      context.print(`removed image ${name}`);
    },
  );
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (!found.isFile()) throw new CroftError('input.invalid', `${file} is not a file`, { hint: 'name a disk image' });
  return found.size;
}

/** ms between drawings. */
const redrawEvery = 100;

function transferDisplay(context: CliContext, name: string, total: number): (sent: number) => void {
  const { environment } = context;
  if (!environment.isTerminal) return () => undefined;
  const lines = new LiveLines(environment.stderr);
  const beganAt = Date.now();
  let drawnAt = 0;
  return (sent) => {
    const now = Date.now();
    if (sent < total && now - drawnAt < redrawEvery) return;
    drawnAt = now;
    lines.draw([transferLine({ name, sent, total, elapsed: now - beganAt, width: environment.width - 1 })]);
  };
}
