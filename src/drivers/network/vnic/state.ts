/** What the driver for virtual NICs reads of an illumos node, in one command. */
import type { Call } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { UnderlayPlan } from '../../../model/network/underlay.ts';
import { type PortPlan, portPlanSchema } from '../../../model/node/plan.ts';
import { versionedForm } from '../../../model/versioned.ts';
import { type DataLinks, readLinks } from '../../../tools/dladm.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import { readUnderlayPlan, underlayPath } from '../underlay-record.ts';

export const portPlanForm = versionedForm({ what: 'the plan', schema: portPlanSchema, bare: true });

export interface VnicState extends DataLinks {
  /** What the node was joined to the others by; null where that is not complete. */
  underlay: UnderlayPlan | null;
  /** By name, what each link of ours was made from. */
  plans: Map<string, PortPlan>;
}

/** Where the plans of links are, one in each file: dladm keeps nothing that is not its own. Links are gone after a reboot, whatever is here. */
export function plansFolder(layout: NodeLayout): string {
  return `${layout.runFolder}/vnics`;
}

const script = readScript(import.meta.url, 'scripts/read-state.sh');

/** Throws `command.failed` where dladm cannot tell. */
export function readVnicState(layout: NodeLayout): Call<VnicState> {
  return {
    command: { argv: ['sh', '-c', script, 'croft-links', plansFolder(layout), underlayPath(layout)] },
    parse({ code, stdout, stderr }) {
      if (code !== 0)
        throw new CroftError('command.failed', `the links cannot be listed: dladm said: ${stderr.trim() || `exit code ${code}`}`);
      const [links = '', underlay = '', plans = ''] = stdout.split(/^(?:underlay|plans)$/m);
      return { ...readLinks(links), underlay: readUnderlayPlan(underlay), plans: readPlans(plans) };
    },
  };
}

/** They are written whole or not at all. A link whose plan cannot be read is one without a plan: it gets its properties again. */
function readPlans(text: string): Map<string, PortPlan> {
  return new Map(
    text.split('\n').flatMap((line): [string, PortPlan][] => {
      const [, name, plan] = /^(\S+) (\{.*\})$/.exec(line) ?? [];
      if (name === undefined || plan === undefined) return [];
      try {
        return [[name, portPlanForm.read(plan, `link ${name}`)]];
      } catch {
        return [];
      }
    }),
  );
}
