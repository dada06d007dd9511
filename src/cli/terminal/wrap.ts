/** A space between words, not one between the thousands of a number. */
const BREAK = /(?<!\d) | (?!\d{3}(?!\d))/;

/**
 * Breaks a text between words into lines of at most `width` columns. A word that is longer stays whole, so that paths
 * and commands can be copied.
 *
 * @param indent - what lines after the first begin with
 * @param widthOf - columns that a text takes
 */
export function wrap(
  text: string,
  width: number,
  indent = '',
  widthOf: (text: string) => number = ({ length }) => length,
): string[] {
  const lines: string[] = [];
  let last: string | undefined;
  for (const word of text.split(BREAK)) {
    const longer: string = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || last.trim() === '' || widthOf(longer) <= width) last = longer;
    else {
      lines.push(last);
      last = indent + word;
    }
  }
  return last === undefined ? lines : [...lines, last];
}
