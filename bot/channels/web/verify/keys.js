// The issuer's public keys, from the published key set (RFC 7517) or out of a signed bundle.
//
// A key is {kid, key, realm, notBefore, notAfter, withdrawn, earliest}: kid in hexadecimal, key a
// CryptoKey, times in epoch seconds, earliest null or the time before which its codes are revoked.

import { base64url, hex, joined } from "./bytes.js";
import { isBytes, isInteger, Malformed } from "./cbor.js";

const KID_BYTES = 8;
const COORDINATE_BYTES = 32;
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const KIND = { kty: "EC", crv: "P-256", alg: "ES256" };

// COSE_Key (RFC 9052 §7, RFC 9053 §7.1.1), and our labels of the range for private use.
const [KTY, KID, ALG, OPERATIONS, CURVE, X, Y] = [1, 2, 3, 4, -1, -2, -3];
const [NOT_BEFORE, NOT_AFTER, WITHDRAWN, EARLIEST] = [-65537, -65538, -65539, -65540];
const REQUIRED = [KTY, KID, ALG, OPERATIONS, CURVE, X, Y, NOT_BEFORE, NOT_AFTER];
const OPTIONAL = [WITHDRAWN, EARLIEST];
const [EC2, ES256, P_256, VERIFY] = [2, -7, 1, 2];

/**
 * Read a parsed JSON Web Key Set; return {keys, bundleKeys, issuedAt, revoked}: those that sign
 * codes and those that sign bundles, each by kid; epoch seconds or null; a set of prefixes of
 * codes' ids in hexadecimal. Throw where it is none of ours.
 */
export async function fromKeySet({ keys: jwks, issued = null, revoked = [] }) {
  const keys = new Map();
  const bundleKeys = new Map();
  for (const jwk of jwks) {
    if (Object.entries(KIND).some(([name, value]) => jwk[name] !== value)) {
      throw new Malformed("a key that is not for ES256 on P-256");
    }
    const one = await key(base64url(jwk.kid), base64url(jwk.x), base64url(jwk.y), {
      realm: jwk.realm,
      notBefore: jwk.nbf,
      notAfter: jwk.exp,
      withdrawn: jwk.withdrawn ?? false,
      earliest: jwk.iat_min ?? null,
    });
    (jwk.signs === "bundles" ? bundleKeys : keys).set(one.kid, one);
  }
  return { keys, bundleKeys, issuedAt: issued, revoked: new Set(revoked) };
}

/** Read a COSE_Key that signs the codes of `realm`, or throw. */
export async function fromCose(map, realm) {
  const has = (name, value) => map.get(name) === value;
  const right =
    map instanceof Map &&
    REQUIRED.every((name) => map.has(name)) &&
    [...map.keys()].every((name) => REQUIRED.includes(name) || OPTIONAL.includes(name)) &&
    has(KTY, EC2) &&
    has(ALG, ES256) &&
    has(CURVE, P_256) &&
    `${map.get(OPERATIONS)}` === `${[VERIFY]}` &&
    [X, Y].every((name) => isBytes(map.get(name), COORDINATE_BYTES)) &&
    isBytes(map.get(KID), KID_BYTES) &&
    [NOT_BEFORE, NOT_AFTER].every((name) => isInteger(map.get(name))) &&
    (!map.has(WITHDRAWN) || has(WITHDRAWN, true)) &&
    (!map.has(EARLIEST) || isInteger(map.get(EARLIEST)));
  if (!right) throw new Malformed("a key of another form");
  return key(map.get(KID), map.get(X), map.get(Y), {
    realm,
    notBefore: map.get(NOT_BEFORE),
    notAfter: map.get(NOT_AFTER),
    withdrawn: map.has(WITHDRAWN),
    earliest: map.get(EARLIEST) ?? null,
  });
}

async function key(kid, x, y, more) {
  if (hex(kid) !== hex((await thumbprint(x, y)).subarray(0, KID_BYTES))) {
    throw new Malformed("a key that is not the one that its name says");
  }
  const point = joined([4], x, y);
  return {
    kid: hex(kid),
    key: await crypto.subtle.importKey("raw", point, P256, true, ["verify"]),
    ...more,
  };
}

/** Return a P-256 key's COSE thumbprint with SHA-256 (RFC 9679 §3, §4.2): {1: 2, -1: 1, -2: x, -3: y}. */
async function thumbprint(x, y) {
  const map = joined([0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, 0x20], x, [0x22, 0x58, 0x20], y);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", map));
}
