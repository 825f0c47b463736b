import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { authorizationOf, setStage } from '../../test/api/stand-ins.ts';
import { requireDeclaration } from './authorization.ts';
import { describeApi } from './describe.ts';
import { type Api, inScope } from './route.ts';

/** Every operation with the permission that it needs. A new operation is added here with its permission. */
const declared = `
controller.administer GET /v1/backup
controller.administer POST /v1/restore
controller.observe GET /v1/metrics
controller.read GET /v1/version
event.read GET /v1/events
event.read GET /v1/events/latest
event.read GET /v1/events/stream
flavor.read GET /v1/flavors
image.administer DELETE /v1/images/{image}
image.administer GET /v1/images/{image}/content
image.administer POST /v1/image-collection
image.administer POST /v1/images/{image}/build-debian
image.administer POST /v1/images/{image}/build-micro
image.administer POST /v1/images/{image}/pull
image.administer POST /v1/images/{image}/verify
image.administer PUT /v1/images/{image}
image.administer PUT /v1/images/{image}/prepull
image.read GET /v1/image-catalogue
image.read GET /v1/images
image.read GET /v1/images/{image}
node.administer DELETE /v1/nodes/{node}
node.administer PATCH /v1/nodes/{node}
node.administer POST /v1/nodes
node.administer POST /v1/nodes/host-key
node.administer POST /v1/nodes/{node}/doctor
node.administer POST /v1/nodes/{node}/drain
node.administer POST /v1/nodes/{node}/exec
node.administer POST /v1/nodes/{node}/resume
node.read GET /v1/doctor
node.read GET /v1/nodes
node.read GET /v1/nodes/{node}
node.read GET /v1/nodes/{node}/doctor
open GET /healthz
open GET /readyz
open GET /v1/health
slice.change DELETE /v1/slices/{slice}
slice.change DELETE /v1/slices/{slice}/vms/{vm}
slice.change DELETE /v1/slices/{slice}/vms/{vm}/snapshots/{snapshot}
slice.change POST /v1/slices/apply
slice.change POST /v1/slices/plan
slice.change POST /v1/slices/{slice}/start
slice.change POST /v1/slices/{slice}/stop
slice.change POST /v1/slices/{slice}/vms/{vm}/pause
slice.change POST /v1/slices/{slice}/vms/{vm}/reboot
slice.change POST /v1/slices/{slice}/vms/{vm}/restart
slice.change POST /v1/slices/{slice}/vms/{vm}/resume
slice.change POST /v1/slices/{slice}/vms/{vm}/snapshots
slice.change POST /v1/slices/{slice}/vms/{vm}/snapshots/{snapshot}/revert
slice.change POST /v1/slices/{slice}/vms/{vm}/start
slice.change POST /v1/slices/{slice}/vms/{vm}/stop
slice.enter GET /v1/slices/{slice}/vms/{vm}/console
slice.enter GET /v1/slices/{slice}/vms/{vm}/console-log
slice.enter GET /v1/slices/{slice}/vms/{vm}/guest
slice.enter GET /v1/slices/{slice}/vms/{vm}/vnc
slice.read GET /v1/slices
slice.read GET /v1/slices/{slice}
slice.read GET /v1/slices/{slice}/export
slice.read GET /v1/slices/{slice}/vms/{vm}
slice.read GET /v1/slices/{slice}/vms/{vm}/snapshots
slice.read GET /v1/vms
task.read GET /v1/tasks
task.read GET /v1/tasks/{task}
`;

test('CR13 each operation needs the permission that is listed here', async () => {
  const { paths } = JSON.parse(await describeApi()) as { paths: Record<string, Record<string, { 'x-permission'?: string }>> };
  const found = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => `${operation['x-permission'] ?? 'open'} ${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(found.sort(), declared.trim().split('\n'));
});

test('CR13 a route that does not say who may use it stops the start', async () => {
  const api = Fastify();
  api.addHook('onRoute', requireDeclaration);
  inScope(api as unknown as Api, (scope) => {
    scope.get('/v1/secrets', async () => 'all of them');
  });
  await assert.rejects(async () => await api.ready(), /GET \/v1\/secrets does not declare who may use it/);
});

test('CR13 a member is refused before its body is read, with the permission that it lacks', async () => {
  await using stage = await setStage();
  const headers = { authorization: authorizationOf('ann'), 'content-type': 'application/octet-stream' };
  const answer = await stage.api.inject({ method: 'PUT', url: '/v1/images/own', headers, payload: 'disk' });
  assert.equal(answer.statusCode, 403);
  assert.equal(answer.json().code, 'auth.forbidden');
  assert.match(answer.json().detail, /image\.administer/);
  assert.equal((await stage.store.images.list()).length, 1);
});

test('CR13 the slice of another owner is not there for a member, whether or not there is one', async () => {
  await using stage = await setStage();
  for (const url of ['/v1/slices/bob:web', '/v1/slices/bob:web/vms/a', '/v1/events/stream?slice=bob:web', '/v1/vms?slice=bob:web']) {
    const answer = await stage.api.inject({ url, headers: { authorization: authorizationOf('ann') } });
    assert.deepEqual([answer.statusCode, answer.json().code, answer.json().detail], [404, 'not-found', 'there is no slice "bob:web"'], url);
  }
});
