// The signed bundle: the keys that sign codes and the codes that were withdrawn, with a short life.

import { hex } from "./bytes.js";
import { isInteger, Malformed, read } from "./cbor.js";
import { ES256, opened, signedBy } from "./cose.js";
import { fromCose } from "./keys.js";

const [ISS, EXP, IAT, PRIVATE] = [1, 4, 6, -65538];
const [VERSION, SEQUENCE, KEYS, REVOKED] = [0, 1, 2, 3];
const FORMAT = 1;
/** Unknown keys of the private map from here on are ignored, below they are refused. */
const EXTENSION = 32;
const DEPTH = 6;
const PREFIX_BYTES = 4;
const LONGEST_LIFE = 48 * 3600;
const CLOCK_TOLERANCE = 120;

/** Why a bundle is not taken: `reason` is one word. */
export class BundleError extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Open a bundle that one of the `trusted` keys (by kid, as in keys.js) has signed; `now` in epoch
 * seconds. Return {keys, revoked, issuedAt, expiresAt, sequence}, or throw BundleError: malformed,
 * algorithm, unknown_key, withdrawn_key, forged, content, from_future. One whose time is over is
 * opened all the same: an old list of withdrawn codes is better than none, if its age is told.
 */
export async function open(data, trusted, now) {
  let message, claims;
  try {
    message = opened(data, DEPTH);
    claims = read(message.payload, DEPTH);
  } catch (error) {
    if (error instanceof Malformed) throw new BundleError("malformed");
    throw error;
  }
  const key = trusted.get(message.kid);
  if (message.algorithm !== ES256) throw new BundleError("algorithm");
  if (!key) throw new BundleError("unknown_key");
  if (key.withdrawn) throw new BundleError("withdrawn_key");
  if (!(await signedBy(message, key.key))) throw new BundleError("forged");
  const list = listOf(claims, key);
  if (!list) throw new BundleError("content");
  const keys = await keysOf(list.keys, key.realm);
  if (list.issuedAt > now + CLOCK_TOLERANCE) throw new BundleError("from_future");
  return { ...list, keys };
}

/** Return the bundle to go on with: a list never steps back to one that was made earlier. */
export const newer = (held, offered) => (held && held.sequence >= offered.sequence ? held : offered);

async function keysOf(maps, realm) {
  const keys = new Map();
  try {
    for (const map of maps) {
      const one = await fromCose(map, realm);
      keys.set(one.kid, one);
    }
  } catch {
    throw new BundleError("content");
  }
  if (keys.size !== maps.length) throw new BundleError("content");
  return keys;
}

/** Return the payload's list if its set, types, lengths and versions are ours, otherwise null. */
function listOf(claims, key) {
  const own = claims instanceof Map && claims.get(PRIVATE);
  if (!(own instanceof Map)) return null;
  const known = [...own.keys()].filter((name) => !(isInteger(name) && name >= EXTENSION));
  const [issuedAt, expiresAt] = [claims.get(IAT), claims.get(EXP)];
  const [sequence, keys, revoked] = [own.get(SEQUENCE), own.get(KEYS), own.get(REVOKED)];
  const right =
    claims.size === 4 &&
    known.length === 4 &&
    own.get(VERSION) === FORMAT &&
    claims.get(ISS) === key.realm &&
    [issuedAt, expiresAt, sequence].every(isInteger) &&
    sequence >= 0 &&
    key.notBefore <= issuedAt &&
    issuedAt < expiresAt &&
    expiresAt <= key.notAfter &&
    expiresAt - issuedAt <= LONGEST_LIFE &&
    Array.isArray(keys) &&
    revoked instanceof Uint8Array &&
    revoked.length % PREFIX_BYTES === 0;
  const prefixes = right && prefixesOf(revoked);
  return prefixes && { sequence, issuedAt, expiresAt, keys, revoked: prefixes };
}

/** Return the prefixes of the withdrawn codes' ids; null if they are out of order. */
function prefixesOf(joined) {
  const prefixes = new Set();
  let previous = "";
  for (let at = 0; at < joined.length; at += PREFIX_BYTES) {
    const prefix = hex(joined.subarray(at, at + PREFIX_BYTES));
    if (prefix <= previous) return null;
    prefixes.add(prefix);
    previous = prefix;
  }
  return prefixes;
}
