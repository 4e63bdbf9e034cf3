/** Of a line of text of 13 pixels. */
export const LINE_HEIGHT = 18;

/** Full-width signs of East Asia, and pictures. */
const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}]|\p{Extended_Pictographic}/u;
const narrow = /[iljtfrI.,:;'|!()[\] -]/;
const broad = /[mwMW@%A-Z]/;

/** About how many pixels a text of 13 pixels takes in the fonts of screens; a little more rather than less. */
export function widthOf(text: string): number {
  let width = 0;
  for (const sign of text)
    width += wide.test(sign) ? 14 : narrow.test(sign) ? 5 : broad.test(sign) ? 10.4 : 8;
  return width;
}

/** The text in lines of at most so many pixels; what does not fit into the last is cut off. */
export function wrapped(text: string, widest: number, most: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).flatMap((one) => broken(one, widest))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= widest || line === "") line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1]?.replace(/.$/su, "")}…`];
}

/** A word that is longer than a line, in pieces. */
function broken(word: string, widest: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const sign of word) {
    if (widthOf(piece + sign) > widest) {
      pieces.push(piece);
      piece = "";
    }
    piece += sign;
  }
  return [...pieces, piece];
}
