/** The OpenAPI description: its text about the API as a whole, and its schemas. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';

export const documentInfo: NonNullable<FastifyDynamicSwaggerOptions['openapi']> = {
  openapi: '3.1.0',
  info: {
    title: 'Croft',
    version: '1',
    description: 'Turns a few plain Linux machines into a private VM cloud. Errors are problem details (RFC 9457).',
  },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{ token: [] }],
  tags: [
    { name: 'controller', description: 'The controller itself' },
    { name: 'nodes', description: 'Machines that run VMs' },
    { name: 'images', description: 'Base disks, and the sizes of VMs' },
    { name: 'slices', description: 'VMs and the networks between them, deployed as one' },
    { name: 'vms', description: 'Single VMs' },
    { name: 'events', description: 'What happened and what is under way' },
  ],
};

/** Each operation says which permission it needs. */
export function withPermission(transform: SwaggerTransform): SwaggerTransform {
  return (source) => {
    const described = transform(source);
    const declared = source.route.config?.access;
    if (declared === undefined || declared === 'open') return described;
    return { ...described, schema: { ...described.schema, 'x-permission': declared.action } as typeof described.schema };
  };
}

interface Described {
  paths?: unknown;
  components?: { schemas?: Record<string, unknown> };
}

/** Schemas with a name become components; those that no operation refers to are left out. */
export const withComponents: SwaggerTransformObject = (source) => {
  const document = jsonSchemaTransformObject(source);
  const { paths, components }: Described = document;
  const all = components?.schemas ?? {};
  const used = reachable(paths, all);
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas } } as typeof document;
};

function reachable(from: unknown, schemas: Record<string, unknown>): Set<string> {
  const found = new Set<string>();
  const waiting = [from];
  while (waiting.length > 0) {
    for (const [, name = ''] of JSON.stringify(waiting.pop() ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      waiting.push(schemas[name]);
    }
  }
  return found;
}
