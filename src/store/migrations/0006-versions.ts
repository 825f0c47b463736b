/** Each JSON text carries the version of its form. */
const columns: Readonly<Record<string, readonly string[]>> = {
  nodes: ['config', 'specs', 'images'],
  images: ['traits', 'prepull'],
  image_pulls: ['definition'],
  slices: ['spec'],
  networks: ['spec'],
  vms: ['spec'],
};

export function versions(): string[] {
  return Object.entries(columns).flatMap(([table, names]) =>
    names.map((name) => `update ${table} set ${name} = '{"version":1,"value":' || ${name} || '}' where ${name} is not null`),
  );
}
