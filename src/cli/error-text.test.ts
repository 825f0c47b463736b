import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CroftError } from '../model/error.ts';
import { errorText } from './error-text.ts';

const quiet = { inputName: null, debug: false };

test('CR14 an error says what failed and what to do, without a stack', () => {
  const error = new CroftError('node.unreachable', 'node n1 cannot be reached: timed out', { hint: 'check its address' });
  assert.equal(errorText(error, quiet), 'croft: node n1 cannot be reached: timed out\nhint: check its address\n');
});

test('CR9 places in a document are shown as file:line:column', () => {
  const error = new CroftError('input.invalid', 'The slice file is not valid: line 3 … (and 1 more)', {
    issues: [
      { path: 'vms.web.image', message: 'unknown image "micr": did you mean micro?', line: 3, column: 5 },
      { path: '', message: 'something without a place' },
    ],
  });
  assert.equal(
    errorText(error, { inputName: 'hello.yaml', debug: false }),
    [
      'croft: hello.yaml is not valid',
      '  hello.yaml:3:5: vms.web.image: unknown image "micr": did you mean micro?',
      '  something without a place',
      '',
    ].join('\n'),
  );
});

test('CR14 what is wrong in one place only is said once', () => {
  const error = new CroftError('input.invalid', 'The definition is not valid: sha256: must be text', {
    issues: [{ path: 'sha256', message: 'must be text' }],
  });
  assert.equal(errorText(error, quiet), 'croft: The definition is not valid: sha256: must be text\n');
});

test('CR14 with debugging the code and every cause are shown with their stacks', () => {
  const error = new CroftError('internal', 'outer', { cause: new Error('inner') });
  const text = errorText(error, { inputName: null, debug: true });
  assert.match(text, /code: internal\n/);
  assert.match(text, /CroftError: outer\n\s+at /);
  assert.match(text, /Error: inner\n\s+at /);
});
