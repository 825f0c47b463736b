/** Reads the `text/event-stream` format (WHATWG HTML §9.2): only the parts that Croft's controller sends. */

export interface Message {
  /** The identifier to resume from; null where the message has none. */
  id: string | null;
  /** Empty for a message that only advances the identifier. */
  data: string;
}

export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield readBlock(block);
  }
}

function readBlock(block: string): Message {
  const message: Message = { id: null, data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) message.id = line.slice(4);
    if (line.startsWith('data: ')) message.data += line.slice(6);
  }
  return message;
}
