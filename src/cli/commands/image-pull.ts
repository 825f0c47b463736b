/** `croft image pull` and `croft image keep`: images from the network, and the nodes that keep them in advance. */
import { type Command, Option } from 'commander';
import { CroftError } from '../../model/error.ts';
import { architectures, checksumAlgorithms, firmwares, sourceFormats } from '../../model/image/definition.ts';
import type { PullRequest } from '../../model/image/requests.ts';
import { hypervisorNames } from '../../model/node/hypervisor.ts';
import { commaList, duration } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { waitForImage } from '../progress/image-wait.ts';
import { imageAdded, keptWords } from '../views/image.ts';

interface PullFlags extends OutputOptions {
  sha256?: string;
  sha512?: string;
  checksums?: string;
  checksumAlgorithm?: string;
  checksumFile?: string;
  decompress?: string;
  format?: string;
  firmware?: string;
  architecture?: string;
  backend?: string;
  to?: string[];
  wait: boolean;
  timeout: number;
}

export function registerImagePull(image: Command, context: CliContext): void {
  const pull = image
    .command('pull')
    .argument('<name>', 'an image of the catalogue, also by another name, or how the new one is called')
    .argument('[url...]', 'where it is; further ones are mirrors')
    .description('fetch an image, again where it is present')
    .option('--sha256 <hex>', 'what its file hashes to')
    .option('--sha512 <hex>', 'what its file hashes to')
    .option('--checksums <url>', 'a file that lists the hashes of several')
    .addOption(new Option('--checksum-algorithm <name>', 'what they are (by the name of that file)').choices(checksumAlgorithms))
    .option('--checksum-file <name>', 'what the image is called in that file (as in its URL)')
    .option('--decompress <how>', 'zstd, gz, xz, bz2 or none (by its name)')
    .addOption(new Option('--format <format>', 'what it must be (told from its content)').choices(sourceFormats))
    .addOption(new Option('--firmware <kind>', 'what its guests start with (bios)').choices(firmwares))
    .addOption(new Option('--architecture <name>', 'what its guests run on (x86_64)').choices(architectures))
    .addOption(new Option('--backend <name>', 'the hypervisor that it needs').choices(hypervisorNames))
    .option('--to <targets>', 'keep it there in advance: all, pool:NAME, node:NAME', commaList)
    .option('--no-wait', 'do not wait until the image is present')
    .addOption(new Option('--timeout <time>', 'how long to wait').argParser(duration).default(3_600_000, '1h'));
  withExamples(
    withOutput(pull),
    'croft image pull debian-12',
    'croft image pull debian-12 --to all',
    'croft image pull mine https://files.example/mine.qcow2.zst --checksums https://files.example/SHA256SUMS',
  );
  pull.action(async (name: string, urls: string[], flags: PullFlags) => {
    const client = await context.client();
    const { to = [] } = flags;
    const [image, size] = name.split(':');
    if (size !== undefined) {
      throw new CroftError('input.invalid', `"${name}" is an image with a size: an image is fetched for all sizes`, {
        hint: `pull ${image}`,
      });
    }
    const asked = await client.images.pull(name, requestOf(urls, flags));
    if (asked.pull?.checked === false) context.say(`no checksum is given: ${asked.name} is taken as the server sends it`);
    await sayUnknownTargets(context, to);
    const view = flags.wait ? await waitForImage(context, asked.name, flags.timeout) : asked;
    await context.show(flags.output, view, imageAdded);
  });
  const keep = image
    .command('keep')
    .argument('<image>')
    .argument('[targets]', 'all, pool:NAME, node:NAME; without any, where VMs need it', commaList, [])
    .description('set the nodes that keep an image in advance');
  withExamples(withOutput(keep), 'croft image keep debian-12 pool:fast,node:n3', 'croft image keep debian-12');
  keep.action(async (name: string, targets: string[], { output }: OutputOptions) => {
    const client = await context.client();
    await context.show(output, await client.images.prepull(name, targets), keptWords);
    await sayUnknownTargets(context, targets);
  });
}

/** They may be added later, so they are no error. */
async function sayUnknownTargets(context: CliContext, targets: readonly string[]): Promise<void> {
  if (targets.every((target) => target === 'all')) return;
  const nodes = await (await context.client()).nodes.list();
  const known = new Set(nodes.flatMap(({ name, config }) => ['all', `node:${name}`, `pool:${config.pool}`]));
  for (const target of targets.filter((one) => !known.has(one))) context.say(`${target} names no node yet`);
}

function requestOf(sources: string[], flags: PullFlags): PullRequest {
  const { sha256, sha512, checksums, decompress, format, firmware, architecture, backend, to } = flags;
  const reading = { checksum_algorithm: flags.checksumAlgorithm, checksum_file: flags.checksumFile };
  const fields = { sha256, sha512, checksums, ...reading, decompress, format, firmware, architecture, backend };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const defined = sources.length > 0 || Object.keys(given).length > 0;
  return { ...(defined && { definition: { ...(sources.length > 0 && { sources }), ...given } }), ...(to !== undefined && { prepull: to }) };
}
