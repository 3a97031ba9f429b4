// The identity document in the officer's hand, as core/identity.py writes it into a binding.

import * as mrz from "./mrz.js";

/** The kinds with which one can register, and the character by which a code knows each. */
export const KINDS = {
  hkid: "0",
  birth_certificate: "1",
  passport: "3",
  consular: "4",
  acknowledgement: "5",
  visa_identity: "A",
  reentry_permit: "B",
};
const CHECKED = ["hkid", "birth_certificate"];
const HKID = /^([A-Z]{1,2}[0-9]{6})([0-9A])?$/;
const [LEAST, MOST] = [5, 20];
/** A check character in brackets, which no other kind has; a word, which is no part of a number. */
const [BRACKETED, WORD] = [/[([][0-9A][)\]]/, /(?:^|\s)\p{L}{4,}(?:$|[\s.:])/u];

/** What was typed is no document number; `reason`: format, not_latin, check_digit, zone, zone_digit, zone_kind. */
export class NotADocument extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Read what the officer typed or pasted, a number or a machine-readable zone; return [code of the
 * kind, canonical number] as check() takes it, or throw NotADocument.
 */
export function read(kind, text) {
  if (mrz.looksLike(text)) return fromZone(kind, text);
  const written = text.normalize("NFKC").toUpperCase().replace(/\s/g, "");
  // Chinese in it is what the number is called.
  const plain = written.replace(/[^\p{L}\p{N}]|\p{Script=Han}/gu, "");
  if (/[^\p{ASCII}]/u.test(plain)) throw new NotADocument("not_latin");
  if (!CHECKED.includes(kind)) {
    if (BRACKETED.test(written) || WORD.test(text)) throw new NotADocument("format");
    if (plain.length < LEAST || plain.length > MOST) throw new NotADocument("format");
    return [KINDS[kind], plain];
  }
  const [, body, digit] = HKID.exec(plain) ?? [];
  if (!body) throw new NotADocument("format");
  if (digit && digit !== checkCharacter(body)) throw new NotADocument("check_digit");
  return [KINDS[kind], body + checkCharacter(body)];
}

function fromZone(kind, text) {
  let zone;
  try {
    zone = mrz.read(text);
  } catch {
    throw new NotADocument("zone_digit");
  }
  if (!zone) throw new NotADocument("zone");
  if (!CHECKED.includes(kind)) return [KINDS[kind], zone.number];
  // Of the kinds that have such a zone only a passport says by its first letter which it is.
  if (!zone.kind.startsWith("P")) throw new NotADocument("zone_kind");
  return [KINDS.passport, zone.number];
}

/**
 * Return the check character of one or two letters and six digits (Immigration Department): A=10
 * to Z=35, a missing first letter 36; weights 9 to 2; modulo 11.
 */
function checkCharacter(body) {
  const values = Array.from(body.padStart(8), (c) => (c === " " ? 36 : parseInt(c, 36)));
  const total = values.reduce((sum, value, place) => sum + value * (9 - place), 0);
  return "0123456789A"[(11 - (total % 11)) % 11];
}
