// The machine-readable zone of a travel document (ICAO Doc 9303, parts 3 to 6).

const SIZES = { 90: 30, 72: 36, 88: 44 };
const WEIGHTS = [7, 3, 1];

/** Tell whether a text is meant as a machine-readable zone: nothing else has two fillers in a row. */
export const looksLike = (text) => /<\s*</.test(text.replaceAll("«", "<<"));

/**
 * Read the number out of a zone of two or three lines, typed or pasted with whatever spaces and
 * line ends. Return {code, number}, `code` the one or two letters with which it begins; null where
 * the lines are not whole; throw RangeError where a check digit does not fit.
 */
export function read(text) {
  const all = text.toUpperCase().replaceAll("«", "<<").replace(/\s/g, "");
  const width = SIZES[all.length];
  if (!width || /[^A-Z0-9<]/.test(all)) return null;
  const [first, second] = [all.slice(0, width), all.slice(width, 2 * width)];
  const zone = width === 30 ? card(first, second) : booklet(second, width);
  for (const [field, digit] of zone.checked) {
    // An optional field without content may have a filler in place of its check digit.
    const empty = digit === "<" && /^<*$/.test(field);
    if (!empty && String(checkDigit(field)) !== digit) throw new RangeError("check digit");
  }
  return { code: bare(first.slice(0, 2)), number: bare(zone.number) };
}

/** Return the check digit of a field (part 3, §4.9): weights 7, 3, 1 over 0 to 9 and A=10 to Z=35. */
export function checkDigit(field) {
  const values = Array.from(field, (c) => (c === "<" ? 0 : parseInt(c, 36)));
  return values.reduce((sum, value, place) => sum + value * WEIGHTS[place % 3], 0) % 10;
}

const bare = (field) => field.replaceAll("<", "");

function card(first, second) {
  let [number, digit] = [first.slice(5, 14), first[14]];
  if (digit === "<") {
    // A number of more than nine characters goes on in the optional field (part 5, §4.2.2, note j).
    const rest = first.slice(15).split("<")[0];
    [number, digit] = [number + rest.slice(0, -1), rest.slice(-1)];
  }
  const dates = [[second.slice(0, 6), second[6]], [second.slice(8, 14), second[14]]];
  const whole = first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29);
  return { number, checked: [[number, digit], ...dates, [whole, second[29]]] };
}

function booklet(line, width) {
  const checked = [
    [line.slice(0, 9), line[9]],
    [line.slice(13, 19), line[19]],
    [line.slice(21, 27), line[27]],
    [line.slice(0, 10) + line.slice(13, 20) + line.slice(21, width - 1), line[width - 1]],
  ];
  if (width === 44) checked.push([line.slice(28, 42), line[42]]);
  return { number: line.slice(0, 9), checked };
}
