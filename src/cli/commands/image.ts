/** `croft image`: the disks that VMs start from. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { exitCodes } from '../exit-codes.ts';
import { type OutputOptions, withOutput } from '../output/data.ts';
import { catalogueTable, checkTable, collectionText, imageDetails, imageTable } from '../views/image.ts';
import { registerImageFiles } from './image-file.ts';
import { registerImagePull } from './image-pull.ts';

export function registerImage(image: Command, context: CliContext): void {
  withExamples(withOutput(image.command('ls').description('list the images')), 'croft image ls').action(
    async ({ output }: OutputOptions) => {
      const client = await context.client();
      await context.showReadable(output, 'image', client.images.list, (images) => imageTable(images, context.view()));
    },
  );
  withExamples(
    withOutput(image.command('show').argument('<image>').description('show an image, where it is, and how its fetching goes')),
    'croft image show debian-12',
  ).action(async (name: string, { output }: OutputOptions) => {
    const client = await context.client();
    await context.show(output, await client.images.get(name), (found) => imageDetails(found, context.view()));
  });
  withExamples(
    withOutput(image.command('catalogue').description('list the images that can be fetched by their name')),
    'croft image catalogue',
  ).action(async ({ output }: OutputOptions) => {
    const client = await context.client();
    await context.show(output, await client.images.catalogue(), (entries) => catalogueTable(entries, context.view()));
  });
  registerImagePull(image, context);
  registerImageFiles(image, context);
  registerVerify(image.command('verify'), context);
  registerCollect(image.command('gc'), context);
  withExamples(image.command('rm').argument('<image>').description('remove an image that no VM uses'), 'croft image rm micro').action(
    async (name: string) => {
      const client = await context.client();
      await client.images.remove(name);
      context.print(`removed image ${name}`);
    },
  );
}

function registerVerify(verify: Command, context: CliContext): void {
  withOutput(verify.argument('<image>').description('verify the hash of an image, here and on each node that has it'));
  withExamples(verify, 'croft image verify debian-12');
  verify.action(async (name: string, { output }: OutputOptions) => {
    const client = await context.client();
    const checks = await client.images.verify(name);
    await context.show(output, checks, (found) => checkTable(found, context.view()));
    if (checks.some(({ outcome }) => outcome === 'damaged' || outcome === 'unknown')) context.exitCode = exitCodes.failed.code;
  });
}

function registerCollect(collect: Command, context: CliContext): void {
  withOutput(collect.description('remove image files that nothing needs, here and on all nodes'))
    .option('--idle', 'from nodes also images that none of their VMs uses and that are not kept there')
    .option('--dry-run', 'only tell what would be removed');
  withExamples(collect, 'croft image gc --dry-run', 'croft image gc', 'croft image gc --idle');
  collect.action(async ({ output, dryRun, idle }: OutputOptions & { dryRun?: true; idle?: true }) => {
    const client = await context.client();
    const collections = await client.images.collect({ dryRun: dryRun ?? false, idle: idle ?? false });
    await context.show(output, collections, (found) => collectionText(found, dryRun ?? false));
    if (collections.some(({ failure }) => failure !== null)) context.exitCode = exitCodes.failed.code;
  });
}
