/** Reads the user of a login, before privileges are raised, and so also whether the login can run commands at all. */
import { CroftError } from '../model/error.ts';
import type { Connection } from './channel.ts';
import { loginLine, newMarker } from './frame.ts';
import type { Login } from './host.ts';
import { AfterLeader } from './leader.ts';

const patience = 15_000;

export async function readLogin(node: string, connection: Connection): Promise<Login & { userId: number }> {
  const marker = newMarker();
  const channel = await connection.open(loginLine(marker));
  const answer = channel.stdout.pipe(new AfterLeader(marker));
  const complaint: Buffer[] = [];
  channel.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
  const timer = setTimeout(() => channel.destroy(), patience);
  try {
    const [user, groupId, userId] = (await answer.leader).split(' ');
    if (user === undefined || groupId === undefined || userId === undefined) throw new Error('"id" did not answer');
    return { user, groupId: Number(groupId), userId: Number(userId) };
  } catch (error) {
    const said = [Buffer.concat(complaint).toString().trim(), (error as Error).message].filter((words) => words !== '').join(' ');
    throw new CroftError('node.auth', `The login on node ${node} cannot run commands: ${said || 'it ended without an answer'}`, {
      node,
      cause: error,
      hint: 'Give it a login shell, such as /bin/sh, and no forced command.',
    });
  } finally {
    clearTimeout(timer);
    channel.stdin.end();
  }
}
