/** `croft image import`, `export`, `build-micro` and `build-debian`: images from and to files. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { CroftError } from '../../model/error.ts';
import { architectures, firmwares } from '../../model/image/definition.ts';
import type { ImportOptions } from '../../model/image/requests.ts';
import { hypervisorNames } from '../../model/node/hypervisor.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { unreadable } from '../input.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { durationInWords } from '../output/quantity.ts';
import { writeWhole } from '../output/write-whole.ts';
import { transferDisplay } from '../progress/transfer-display.ts';
import { imageAdded } from '../views/image.ts';

export function registerImageFiles(image: Command, context: CliContext): void {
  registerImport(image.command('import'), context);
  registerExport(image.command('export'), context);
  withExamples(
    withOutput(
      image.command('build-micro').argument('[name]', 'how it is called', 'micro').description('build the small guest image for trials'),
    ),
    'croft image build-micro',
  ).action((name: string, options: OutputOptions) => build(context, name, options, 'buildMicro'));
  withExamples(
    withOutput(
      image
        .command('build-debian')
        .argument('[name]', 'how it is called', 'debian')
        .description("build an image with systemd and cloud-init, of the controller's release of Debian or Ubuntu; takes a minute or two"),
    ),
    'croft image build-debian',
  ).action((name: string, options: OutputOptions) => build(context, name, options, 'buildDebian'));
}

async function build(context: CliContext, name: string, { output }: OutputOptions, how: 'buildMicro' | 'buildDebian'): Promise<void> {
  const client = await context.client();
  context.say(`building image ${name} from packages of this system …`);
  const beganAt = Date.now();
  const built = await client.images[how](name);
  await context.show(output, built, (found) => `${imageAdded(found)}, built in ${durationInWords(Date.now() - beganAt)}`);
}

type ImportFlags = OutputOptions & Pick<ImportOptions, 'architecture' | 'firmware' | 'backend'> & { nocloud: boolean };

function registerImport(command: Command, context: CliContext): void {
  command
    .argument('<name>')
    .argument('<file>', 'qcow2, raw, VMDK, VHDX or ISO, not compressed')
    .description('import an image from a file')
    .addOption(new Option('--firmware <kind>', 'what its guests start with (bios)').choices(firmwares))
    .addOption(new Option('--architecture <name>', 'what its guests run on (x86_64)').choices(architectures))
    .addOption(new Option('--backend <name>', 'the hypervisor that it needs').choices(hypervisorNames))
    .option('--no-nocloud', 'its guests read no seed');
  withExamples(withOutput(command), 'croft image import debian debian-12-generic-amd64.qcow2', 'croft image import setup alpine.iso');
  command.action(async (name: string, file: string, { output, firmware, architecture, backend, nocloud }: ImportFlags) => {
    const client = await context.client();
    const size = await sizeOf(file);
    const added = await client.images.add(name, createReadStream(file), transferDisplay(context, name, size), {
      ...(firmware !== undefined && { firmware }),
      ...(architecture !== undefined && { architecture }),
      ...(backend !== undefined && { backend }),
      ...(!nocloud && { nocloud: 'false' }),
    });
    await context.show(output, added, imageAdded);
  });
}

function registerExport(command: Command, context: CliContext): void {
  command.argument('<image>').argument('<file>', 'the file to write, - for standard output').description('write the file of an image');
  withExamples(command, 'croft image export debian debian.qcow2', 'croft image export debian - | sha256sum');
  command.action(async (name: string, file: string) => {
    if (file === '-' && context.environment.isTerminal) {
      throw new CroftError('input.invalid', 'an image is not for reading on a terminal', { hint: 'name a file' });
    }
    const client = await context.client();
    const content = Readable.from(await client.images.content(name));
    if (file === '-') return await pipeline(content, context.environment.stdout, { end: false });
    await writeWhole(content, file, 0o644);
    context.print(`wrote ${file}`);
  });
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (!found.isFile()) throw new CroftError('input.invalid', `${file} is not a file`, { hint: 'name an image' });
  return found.size;
}
