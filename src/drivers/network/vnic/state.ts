/** The reading of an illumos node by the driver for virtual NICs, in one command. */
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
  /** The node's underlay plan; null where the underlay is not complete. */
  underlay: UnderlayPlan | null;
  /** By name, the plan that each link of this controller was made from. */
  plans: Map<string, PortPlan>;
}

/**
 * The location of the links' plans, one in each file: dladm keeps no foreign properties. Links are gone after a reboot, but these files
 * may stay.
 */
export function plansFolder(layout: NodeLayout): string {
  return `${layout.runFolder}/vnics`;
}

const script = readScript(import.meta.url, 'scripts/read-state.sh');

/** Throws `command.failed` where dladm cannot answer. */
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

/** Plans are written atomically. A link whose plan cannot be read counts as a link without a plan: it gets its properties again. */
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
