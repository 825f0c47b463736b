import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerOptions } from './options.ts';

test('CR15 a URL of a database that Croft does not know is wrong input, before anything is made', () => {
  for (const database of ['mysql://croft@db/croft', 'http://db', 'sqlite:///var/croft.db']) {
    const wrong = { code: 'input.invalid', message: 'the database is neither a file path nor a postgres:// URL' };
    assert.throws(() => controllerOptions('/home', { database }, {}), wrong, database);
    assert.throws(() => controllerOptions('/home', {}, { DATABASE_URL: database }), wrong, database);
  }
  for (const database of ['postgres://croft@db/croft', 'postgresql://db', '/var/lib/croft.db', 'croft:a.db']) {
    assert.equal(controllerOptions('/home', { database }, {}).database, database);
  }
});
