/** User text inside messages: in quotes, cut to a length, with nothing that could steer a terminal. */

const longest = 64;

/** JSON-quoted, at most 64 characters; control, format (bidirectional too) and unpaired characters as `\uXXXX`. */
export function quoted(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
}
