/** The first argument of every command: the principal, and the parts that the command works with. */
import type { Principal } from '../model/access/principal.ts';

/** `Needs` are the parts of the controller that the command uses. */
export type CommandContext<Needs> = Needs & { readonly principal: Principal };
