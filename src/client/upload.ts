/** Content sent to the controller as it is read, so that its size does not matter. */
import { CroftError } from '../model/error.ts';

/** Such as a file's read stream. */
export type Upload = AsyncIterable<Uint8Array>;

/**
 * The same content as a web stream; `onProgress` receives the bytes read so far, after each read. Fails with `input.invalid` where the
 * content cannot be read.
 */
export function measured(content: Upload, onProgress?: (bytes: number) => void): ReadableStream<Uint8Array> {
  return ReadableStream.from(counted(content, onProgress));
}

async function* counted(content: Upload, onProgress?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.byteLength;
      yield chunk;
      onProgress?.(bytes);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CroftError('input.invalid', `what was to be sent cannot be read after ${bytes} bytes: ${reason}`, { cause });
  }
}
