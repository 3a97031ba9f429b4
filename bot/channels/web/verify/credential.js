// The check of a code: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), with the same steps and the
// same reasons as core/credential.py. No page, no network, no clock of its own.

import { decode } from "./base45.js";
import { hex, joined } from "./bytes.js";
import { isBytes, isInteger, Malformed, read } from "./cbor.js";
import { ES256, opened, signedBy } from "./cose.js";

export const PREFIXES = { "HK1:": "HK", "HKT:": "HT" };
const [ISS, EXP, IAT, CTI, PRIVATE] = [1, 4, 6, 7, -65537];
const [VERSION, STATUS, BINDING, NAME, CHALLENGE] = [0, 1, 2, 3, 4];
/** Unknown keys of the private map from here on are ignored, below they are refused. */
const EXTENSION = 32;

const FORMAT = 1;
const STATUSES = new Map([[1, "green"], [2, "amber"], [3, "red"]]);
const CODE_ID_BYTES = 8;
const REVOKED_BYTES = 4;
const BINDING_BYTES = 2;
const NAME_BYTES = 24;
const CHALLENGES = 10000;

const TEXT_LENGTH = 400;
const DEPTH = 4;
const CLOCK_TOLERANCE = 120;
const LONGEST_LIFE = 24 * 3600;

/** A control, a format character, an unassigned one, or a space that is not the plain one. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

const utf8 = new TextEncoder();

/**
 * Judge a code's text at `now` (epoch seconds). `keys`: {keys, issuedAt, revoked} as in keys.js.
 * `document`: [its type's one-character code, its number in canonical form]; `challenge`: an
 * officer's 4 digits. Return {reason, claims, binding, challenge}: accepted only if reason is
 * null; claims once the signature holds; the last two null where there was nothing to compare.
 *
 * Never throws: whatever is not understood is refused, with the reason.
 */
export async function check(text, keys, now, { document = null, challenge = null } = {}) {
  // 1 to 3: prefix, length, base45, one CBOR item of the right form. The prefix is first: other
  // countries' certificates are long, and should be called what they are.
  const realm = PREFIXES[text.slice(0, 4)];
  if (!realm) return refused("not_a_code");
  if ([...text].length > TEXT_LENGTH) return refused("too_long");
  const realms = [...keys.keys.values()].map((key) => key.realm);
  if (realms.length && !realms.includes(realm)) return refused("other_realm");
  let message, claims;
  try {
    message = opened(decode(text.slice(4)), DEPTH);
    claims = read(message.payload, DEPTH);
    if (!(claims instanceof Map)) throw new Malformed("no claims");
  } catch (error) {
    if (error instanceof Malformed) return refused("malformed");
    throw error;
  }
  // 4 and 5: the algorithm, and the key with its life
  if (message.algorithm !== ES256) return refused("algorithm");
  const key = keys.keys.get(message.kid);
  if (!key) return refused("unknown_key");
  if (key.realm !== realm) return refused("other_realm");
  if (key.withdrawn) return refused("withdrawn_key");
  if (!withinLife(key, claims)) return refused("key_life");
  // 6 and 7: the signature, and only then what it says
  if (!(await signedBy(message, key.key))) return refused("forged");
  const content = contentOf(claims, realm);
  if (!content) return refused("content");
  // 8 to 11: time, revocation, document, challenge
  const same = document && hex(await binding(content.codeId, document)) === hex(content.binding);
  const answered = challenge === null ? null : challenge === content.challenge;
  let reason = untimely(content, keys, now);
  if (!reason && revoked(content, key, keys)) reason = "revoked";
  if (!reason && same === false) reason = "other_document";
  if (!reason && answered === false) reason = "other_challenge";
  return { reason, claims: content, binding: same, challenge: answered };
}

/** Return the two bytes that tie a code to a document; a borrowed code passes 1 in 65,536. */
export async function binding(codeId, [kind, number]) {
  const salted = joined(codeId, utf8.encode(kind + number));
  const digest = await crypto.subtle.digest("SHA-256", salted);
  return new Uint8Array(digest, 0, BINDING_BYTES);
}

const refused = (reason) => ({ reason, claims: null, binding: null, challenge: null });

function withinLife(key, claims) {
  const within = (time) => isInteger(time) && key.notBefore <= time && time <= key.notAfter;
  return within(claims.get(IAT)) && within(claims.get(EXP));
}

/** Return the claims if their set, types, lengths and versions are ours, otherwise null. */
function contentOf(claims, realm) {
  const own = claims.get(PRIVATE);
  const set = [ISS, EXP, IAT, CTI, PRIVATE];
  if (claims.size !== set.length || !set.every((name) => claims.has(name))) return null;
  if (!(own instanceof Map)) return null;
  const known = [...own.keys()].filter((name) => !(isInteger(name) && name >= EXTENSION));
  const needed = [VERSION, STATUS, BINDING, NAME];
  if (!needed.every((name) => known.includes(name))) return null;
  if (!known.every((name) => name === CHALLENGE || needed.includes(name))) return null;
  const challenge = own.has(CHALLENGE) ? own.get(CHALLENGE) : 0;
  const right =
    claims.get(ISS) === realm &&
    isBytes(claims.get(CTI), CODE_ID_BYTES) &&
    own.get(VERSION) === FORMAT &&
    STATUSES.has(own.get(STATUS)) &&
    isBytes(own.get(BINDING), BINDING_BYTES) &&
    isName(own.get(NAME)) &&
    typeof challenge === "number" &&
    challenge >= 0 &&
    challenge < CHALLENGES;
  if (!right) return null;
  return {
    realm,
    colour: STATUSES.get(own.get(STATUS)),
    name: own.get(NAME),
    issuedAt: claims.get(IAT),
    expiresAt: claims.get(EXP),
    codeId: claims.get(CTI),
    binding: own.get(BINDING),
    challenge: own.has(CHALLENGE) ? String(challenge).padStart(4, "0") : null,
  };
}

function isName(value) {
  if (typeof value !== "string" || value === "") return false;
  return (
    utf8.encode(value).length <= NAME_BYTES &&
    !UNPRINTABLE.test(value) &&
    value.normalize("NFC") === value
  );
}

function untimely(claims, keys, now) {
  if (keys.issuedAt !== null && now + CLOCK_TOLERANCE < keys.issuedAt) return "clock";
  if (claims.issuedAt > now + CLOCK_TOLERANCE) return "from_future";
  if (claims.expiresAt < now) return "expired";
  const life = claims.expiresAt - claims.issuedAt;
  return life > 0 && life <= LONGEST_LIFE ? null : "life";
}

function revoked(claims, key, keys) {
  const early = key.earliest !== null && claims.issuedAt < key.earliest;
  return early || keys.revoked.has(hex(claims.codeId.subarray(0, REVOKED_BYTES)));
}
