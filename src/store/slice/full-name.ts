/** Full names of slices in queries, see model/access/slice-name.ts. */
import { sql } from 'kysely';
import { administrator } from '../../model/access/principal.ts';

/** Of the row of table `slices`. */
export const fullName = sql<string>`case slices.owner when ${sql.lit(administrator.name)} then slices.name else slices.owner || ':' || slices.name end`;
