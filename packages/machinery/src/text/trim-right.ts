/**
 * A text without a character at its end, as Go's `strings.TrimRight`. Texts come from users: an expression like `/ +$/`
 * takes the square of the length of a run that is not at the end.
 */
export function trimRight(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === character) end -= 1;
  return text.slice(0, end);
}
