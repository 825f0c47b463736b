import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertIssue, normalise } from '../../../test/support/slice-text.ts';

const impaired = (impair: string) => `{slice: a, networks: {lan: {impair: ${impair}}}}`;

test('CR11 the impairment of a network is read in microseconds, percent and bits per second', () => {
  const impairment = (text: string) => normalise(impaired(text)).networks[0]?.impairment;
  assert.deepEqual(impairment('{delay: 20ms, jitter: 500us, loss: 0.5%, rate: 1.5Gbit}'), {
    delay: 20_000,
    jitter: 500,
    loss: 0.5,
    rate: 1.5e9,
  });
  assert.deepEqual(impairment('{delay: 1.001ms}'), { delay: 1001, jitter: null, loss: null, rate: null });
  assert.deepEqual(impairment('{loss: 100%, rate: 1kbit}'), { delay: null, jitter: null, loss: 100, rate: 1000 });
  assert.equal(impairment('{delay: 0ms, loss: 0%}'), null);
  assert.equal(impairment('{}'), null);
});

test('CR11 an impairment that cannot be is refused where it is written', () => {
  const wrong: [impair: string, key: string, message: RegExp][] = [
    ['{loss: 100.1%}', 'loss', /not between 0% and 100%/],
    ['{loss: -1%}', 'loss', /a loss is a percentage/],
    ['{loss: 1}', 'loss', /a loss is a percentage/],
    ['{jitter: 5ms}', 'jitter', /needs a delay/],
    ['{delay: 4ms, jitter: 5ms}', 'jitter', /5ms is more than the delay of 4ms/],
    ['{delay: 11s}', 'delay', /not between 0us and 10s/],
    ['{delay: 0.5us}', 'delay', /a delay is a number of us/],
    ['{delay: 20}', 'delay', /a delay is a number of us/],
    ['{rate: 0Mbit}', 'rate', /not between 1kbit and 100Gbit per second/],
    ['{rate: 101Gbit}', 'rate', /not between/],
    ['{rate: 10MB}', 'rate', /a rate is a number of kbit/],
    ['{lose: 1%}', 'lose', /"lose".*loss/],
  ];
  for (const [impair, key, message] of wrong) assertIssue(impaired(impair), `networks.lan.impair.${key}`, message);
});
