/** Progress of the steps of a plan that nobody records, but for what the test gives. */
import type { Progress } from '../../src/reconciler/context.ts';

const silent = (): void => undefined;

export function silentProgress(heard: Partial<Progress> = {}): Progress {
  return {
    ...{ vmStep: silent, vmProgress: silent, vmStarted: silent, vmFailed: silent, vmChanged: silent, vmNotChanged: silent },
    ...{ vmStopped: silent, vmHeld: silent, vmThawed: silent, vmRemoved: silent, vmMoved: silent, vmNotMoved: silent },
    ...{ imageFetched: silent, imageFailed: silent, routerStep: silent, portsRepaired: silent, nodeFailed: silent },
    ...{ stepDone: silent, stepFailed: silent },
    ...heard,
  };
}
