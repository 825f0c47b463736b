/** What every command is given first: who asks, and what it works with. */
import type { Principal } from '../model/access/principal.ts';

/** `Needs` are the parts of the controller that the command uses. */
export type CommandContext<Needs> = Needs & { readonly principal: Principal };
