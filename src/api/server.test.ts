import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { authorization, setStage, token } from '../../test/api/stand-ins.ts';
import { problemMediaType } from '../model/problem.ts';
import { describeApi } from './describe.ts';

const json = { authorization, 'content-type': 'application/json' };

test('CR15 openapi.json is what the routes say: run `npm run openapi` where it is not', async () => {
  assert.equal(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'), await describeApi());
});

test('CR15 every operation has a summary, an identifier, a tag and its errors, and every reference resolves', async () => {
  const text = await describeApi();
  const { paths, components } = JSON.parse(text) as {
    paths: Record<string, Record<string, { operationId: string; summary: string; tags: string[]; responses: Record<string, unknown> }>>;
    components: { schemas: Record<string, unknown> };
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const { operationId, summary, tags, responses } of operations) {
    assert.ok(operationId && summary && tags.length === 1, operationId);
    assert.ok('401' in responses && '500' in responses, operationId);
  }
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) assert.ok(name in components.schemas, name);
});

test('CR13 only the health check and the description answer without the token', async () => {
  await using stage = await setStage();
  const ask = (url: string, headers = {}) => stage.api.inject({ url, headers });
  for (const url of ['/v1/health', '/v1/openapi.json']) assert.equal((await ask(url)).statusCode, 200);
  for (const url of ['/v1/version', '/v1/slices', '/v1/metrics', '/no/such/thing']) {
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${token}x` },
      { authorization: `Basic ${token}` },
      { authorization: 'Bearer ' },
    ]) {
      const answer = await ask(url, headers);
      assert.equal(answer.statusCode, 401, `${url} ${JSON.stringify(headers)}`);
      assert.equal(answer.json().code, 'auth.required');
    }
  }
  assert.equal((await ask('/v1/version', { authorization })).json().controller, stage.store.controllerId);
});

test('CR15 each class of bad request is a problem that says what is wrong', async () => {
  await using stage = await setStage();
  const long = 'n'.repeat(300);
  const hostile = Buffer.from('["a\\u0000","web",1,"x"]').toString('base64url');
  const apply = (payload: string, headers: Record<string, string> = json) => ({
    method: 'POST' as const,
    url: '/v1/slices/apply',
    payload,
    headers,
  });
  const cases = [
    { request: apply('{"file": '), status: 400, code: 'input.syntax', detail: /^the body is not JSON, though its content type says so$/ },
    { request: apply(''), status: 400, code: 'input.syntax', detail: /the body is empty/ },
    { request: apply('{}'), status: 400, code: 'input.invalid', detail: /"text" or "file"/ },
    { request: apply('{"text": "a", "file": {}}'), status: 400, code: 'input.invalid', detail: /"text" or "file"/ },
    { request: apply('"a"'), status: 400, code: 'input.invalid', detail: /The body is not valid/ },
    { request: apply(`{"text": "${'a'.repeat(1024 ** 2)}"}`), status: 413, code: 'input.too-large', detail: /larger than 1 MiB/ },
    { request: apply('a: b', { authorization, 'content-type': 'text/yaml' }), status: 415, code: 'input.media-type', detail: /text\/yaml/ },
    { request: { url: `/v1/slices/${long}`, headers: json }, status: 400, code: 'input.invalid', detail: /at most 63 characters/ },
    {
      request: { url: `/v1/slices/${'n'.repeat(9000)}`, headers: json },
      status: 400,
      code: 'input.invalid',
      detail: /longer than any name/,
    },
    { request: { url: '/v1/slices/%20', headers: json }, status: 400, code: 'input.invalid', detail: /63 characters$/ },
    { request: { url: '/v1/slices/a$(reboot)', headers: json }, status: 400, code: 'input.invalid', detail: /a–z/ },
    { request: { url: '/v1/slices/%C3%A4', headers: json }, status: 400, code: 'input.invalid', detail: /a–z/ },
    { request: { url: '/v1/slices/..%2F..%2Fetc', headers: json }, status: 400, code: 'input.invalid', detail: /a–z/ },
    { request: { url: '/v1/slices/%zz', headers: json }, status: 400, code: 'input.invalid', detail: /percent/ },
    { request: { url: '/v1/events?limit=100000', headers: json }, status: 400, code: 'input.invalid', detail: /limit/ },
    { request: { url: '/v1/events?after=-1', headers: json }, status: 400, code: 'input.invalid', detail: /after/ },
    { request: { url: `/v1/vms?after=${hostile}`, headers: json }, status: 400, code: 'input.invalid', detail: /no place in the list/ },
    { request: { url: '/v1/nothing', headers: json }, status: 404, code: 'not-found', detail: /no operation GET \/v1\/nothing/ },
    {
      request: { method: 'PATCH' as const, url: '/v1/slices', headers: { authorization } },
      status: 404,
      code: 'not-found',
      detail: /PATCH/,
    },
    { request: { url: '/v1/slices/web', headers: json }, status: 404, code: 'not-found', detail: /web/ },
    { request: { url: '/v1/tasks/1;drop', headers: json }, status: 400, code: 'input.invalid', detail: /identifier of a task/ },
    {
      request: { method: 'PUT' as const, url: '/v1/images/x', headers: json, payload: '{}' },
      status: 415,
      code: 'input.media-type',
      detail: /application\/json/,
    },
  ];
  for (const { request, status, code, detail } of cases) {
    const answer = await stage.api.inject(request);
    const problem = answer.json();
    assert.equal(answer.statusCode, status, `${request.url}: ${answer.body}`);
    assert.equal(answer.headers['content-type'], problemMediaType);
    assert.equal(problem.status, status);
    assert.equal(problem.code, code);
    assert.equal(problem.type, `urn:croft:error:${code}`);
    assert.match(problem.detail, detail);
  }
});

test('CR15 what is wrong with a query, a path or a body is said in the words that a slice file gets', async () => {
  await using stage = await setStage();
  const said = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const headers = payload === undefined ? { authorization } : json;
    const answer = await stage.api.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    const { code, issues = [] } = answer.json();
    assert.deepEqual([answer.statusCode, code], [400, 'input.invalid'], answer.body);
    return issues.map(({ path, message }: { path: string; message: string }) => `${path}: ${message}`).join('; ');
  };
  const count = 'limit: must be a whole number, 1 to 1000';
  for (const limit of ['abc', '1.5', '', '0', '1001', '1&limit=2', '1e999'])
    assert.equal(await said('GET', `/v1/tasks?limit=${limit}`), count);
  assert.equal(await said('GET', '/v1/events?after=-1&limit=x'), `after: must be a whole number, 0 or more; ${count}`);
  assert.equal(await said('DELETE', '/v1/nodes/n?abandon=ture'), 'abandon: unknown value "ture": did you mean true?');
  assert.equal(await said('GET', '/v1/vms?slice=a&slice=b'), 'slice: must be one text, not a list');
  assert.equal(await said('GET', `/v1/vms?after=${'x'.repeat(401)}`), 'after: must have at most 400 characters');
  assert.equal(await said('PATCH', '/v1/nodes/a', { poool: 'x' }), 'poool: unknown key "poool": did you mean pool?');
  assert.equal(await said('POST', '/v1/nodes', { name: 'a', overcommit: { cpus: 0 } }), 'overcommit.cpus: must be at least 0.1');
  assert.equal(await said('POST', '/v1/nodes', { name: 'a', ssh: { adress: 'b' } }), 'ssh.address: is missing');
  assert.equal(await said('POST', '/v1/slices/apply', { file: {}, allowRecreate: 'yes' }), 'allowRecreate: must be true or false');
});

test('CR15 a query key that an operation does not know is refused, with the nearest one that it knows', async () => {
  await using stage = await setStage();
  const refusalOf = async (method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH', url: string) => {
    const answer = await stage.api.inject({ method, url, headers: { authorization } });
    return [answer.statusCode, answer.json().issues?.[0]?.message];
  };
  assert.deepEqual(await refusalOf('GET', '/v1/vms?slcie=hello'), [400, 'unknown key "slcie": did you mean slice?']);
  assert.deepEqual(await refusalOf('GET', '/v1/events?limits=5'), [400, 'unknown key "limits": did you mean limit?']);
  assert.deepEqual(await refusalOf('DELETE', '/v1/nodes/n?force=true'), [400, 'unknown key "force": there are abandon']);
  assert.deepEqual(await refusalOf('DELETE', '/v1/slices/web?yes=1'), [400, 'unknown key "yes": there is none here']);
  const { paths } = JSON.parse(await describeApi()) as { paths: Record<string, object> };
  const gets = Object.entries(paths).flatMap(([path, operations]) => ('get' in operations && path.startsWith('/v1/') ? [path] : []));
  assert.ok(gets.length > 15);
  for (const path of [...gets, '/v1/openapi.json']) {
    const url = path.replaceAll(/\{task\}/g, 'abcdefghijklmnop').replaceAll(/\{\w+\}/g, 'x');
    const [status, message] = await refusalOf('GET', `${url}?nonsense=1`);
    assert.deepEqual([status, /^unknown key "nonsense"/.test(message)], [400, true], `${path}: ${message}`);
  }
  assert.equal((await stage.api.inject('/healthz?probe=1')).statusCode, 200, 'whatever a load balancer adds');
});

test('CR15 an internal failure is logged under the request and not sent to the client', async () => {
  await using stage = await setStage({
    nodes: { hostKey: () => Promise.reject(new Error('secret /root/path')) } as never,
  });
  const answer = await stage.api.inject({ method: 'POST', url: '/v1/nodes/host-key', headers: json, payload: '{"address": "10.77.0.1"}' });
  assert.equal(answer.statusCode, 500);
  assert.doesNotMatch(answer.body, /secret/);
  const id = answer.headers['x-request-id'];
  assert.ok(typeof id === 'string' && answer.json().detail.includes(id));
  assert.ok(stage.log.some((line) => line.includes(id) && line.includes('secret /root/path')));
});
