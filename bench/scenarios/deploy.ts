/** Deploying twenty VMs with two NICs over three hosts, against doing the same one command after the other. */
import type { Figure } from '../figure.ts';
import { OneByOne } from '../one-by-one.ts';
import { deploy, sliceName, vmCount } from '../slice.ts';
import { type Guest, removeSlice, type Stage } from '../stage.ts';

/** With guests that boot, both ways mostly wait for them on a small machine; so the claim is made with guests that do not. */
const repetitions: Record<Guest, number> = { sector: 3, micro: 1 };
/** ms after which none is added, so that the bench stays bounded where the other way is slow. */
const enough = 240_000;

export async function measureDeploy(stage: Stage, say: (line: string) => void): Promise<Figure[]> {
  return [await compare(stage, 'sector', say), await compare(stage, 'micro', say)];
}

async function compare(stage: Stage, guest: Guest, say: (line: string) => void): Promise<Figure> {
  const { client } = stage.controller;
  const [croft, oneByOne]: [number[], number[]] = [[], []];
  const begun = performance.now();
  while (croft.length < repetitions[guest] && performance.now() - begun < enough) {
    const seconds = await deploy(client, guest);
    await removeSlice(client, sliceName);
    croft.push(seconds);
    const alternative = await deployOneByOne(stage, guest);
    oneByOne.push(alternative);
    say(`deploy ${guest}: ${seconds.toFixed(1)} s, one by one ${alternative.toFixed(1)} s`);
  }
  return {
    scenario: 'deploy',
    unit: 's',
    measured: { name: `${vmCount} VMs of guest ${guest}`, samples: croft },
    alternative: { name: 'one ssh per command, one VM after the other', samples: oneByOne },
    target: guest === 'sector' ? { kind: 'times faster', limit: 10 } : null,
  };
}

async function deployOneByOne({ lab, imageOf }: Stage, guest: Guest): Promise<number> {
  const way = new OneByOne(lab, imageOf(guest));
  await way.prepare();
  try {
    return await way.deploy();
  } finally {
    await way.remove();
  }
}
