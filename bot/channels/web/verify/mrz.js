// The machine-readable zone of travel documents (ICAO Doc 9303), typed or pasted, with the same
// outcome as core/words/mrz.py.

const WEIGHTS = [7, 3, 1];
const [PASSPORT_LINE, CARD_LINE] = [44, 30];

const written = (text) =>
  text.normalize("NFKC").toUpperCase().replace(/[«《]/g, "<<").replace(/[‹〈]/g, "<").replace(/\s/g, "");

/** Tell whether a text is meant as a machine-readable zone: no number has fillers in it. */
export const looksLike = (text) => written(text).includes("<");

/**
 * Return {kind, number}: `P`, `ID`, … and the document's number; null where the text is no whole
 * zone. The second line of a passport, or the first of a card, is enough: the number stands there.
 * Throw RangeError where a check digit does not fit.
 */
export function read(text) {
  const zone = written(text);
  if (!/^[A-Z0-9<]*$/.test(zone)) return null;
  const lines = (size) => [zone.slice(0, size), zone.slice(size, 2 * size)];
  if (zone.length === 2 * PASSPORT_LINE) return passport(lines(PASSPORT_LINE)[1], zone.slice(0, 2));
  if (zone.length === PASSPORT_LINE) return passport(zone, "P<");
  if ([1, 2, 3].some((count) => zone.length === count * CARD_LINE)) return card(...lines(CARD_LINE));
  return null;
}

/** Return the check digit of a field (part 3, §4.9): weights 7, 3, 1 over 0 to 9 and A=10 to Z=35. */
export function checkDigit(field) {
  const values = Array.from(field, (c) => (c === "<" ? 0 : parseInt(c, 36)));
  return String(values.reduce((sum, value, place) => sum + value * WEIGHTS[place % 3], 0) % 10);
}

const bare = (field) => field.replace(/^<+|<+$/g, "");

/** Compare each field with the digit at its end. */
function verify(...fields) {
  for (const field of fields) {
    if (checkDigit(field.slice(0, -1)) !== field.at(-1)) throw new RangeError("check digit");
  }
}

function passport(line, kind) {
  // Where there is nothing in the optional data its check digit may be a filler.
  const personal = line[42] === "<" ? `${line.slice(28, 42)}0` : line.slice(28, 43);
  const whole = line.slice(0, 10) + line.slice(13, 20) + line.slice(21);
  verify(line.slice(0, 10), line.slice(13, 20), line.slice(21, 28), personal, whole);
  return { kind: bare(kind), number: bare(line.slice(0, 9)) };
}

function card(first, second) {
  let numbered = first.slice(5, 15);
  if (numbered.at(-1) === "<") {
    // A longer number goes on in the optional data, and ends with its check digit.
    numbered = numbered.slice(0, -1) + first.slice(15).split("<")[0];
  }
  verify(numbered);
  if (second) {
    const dates = [second.slice(0, 7), second.slice(8, 15)];
    verify(...dates, first.slice(5) + dates.join("") + second.slice(18, 30));
  }
  return { kind: bare(first.slice(0, 2)), number: bare(numbered.slice(0, -1)) };
}
