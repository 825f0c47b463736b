/** User text inside messages: in quotes, cut to a length, with nothing that could steer a terminal. */

const longest = 64;

/** JSON-quoted, at most 64 characters, printable. */
export function quoted(text: string): string {
  return printable(JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text));
}

/** Control, format (bidirectional too), private and unpaired characters, and line separators, as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
}
