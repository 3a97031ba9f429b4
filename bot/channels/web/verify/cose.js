// One signature over one payload: COSE_Sign1 with ES256 (RFC 9052 §4.2, RFC 9053 §2.1).

import { hex, joined } from "./bytes.js";
import { isBytes, Malformed, read, Tagged } from "./cbor.js";

const SIGN1 = 18;
const ALG = 1;
const KID = 4;
const HEADER_DEPTH = 4;
const KID_BYTES = 8;
const SIGNATURE_BYTES = 64;
const CONTEXT = new TextEncoder().encode("Signature1");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

export const ES256 = -7;

/**
 * Read a tagged COSE_Sign1, nested at most `depth` deep, or throw Malformed. Nothing of it is
 * believed yet. `kid` is hexadecimal, `algorithm` as it stands there.
 */
export function opened(data, depth) {
  const message = read(data, depth);
  if (!(message instanceof Tagged) || message.tag !== SIGN1 || !Array.isArray(message.value)) {
    throw new Malformed("no tagged COSE_Sign1");
  }
  const [protectedHeader, unprotected, payload, signature] = message.value;
  const bytes = [protectedHeader, payload, signature];
  if (
    message.value.length !== 4 ||
    !bytes.every((one) => one instanceof Uint8Array) ||
    !(unprotected instanceof Map)
  ) {
    throw new Malformed("no COSE_Sign1 that carries its payload");
  }
  const header = read(protectedHeader, HEADER_DEPTH);
  // A header that says more is not one of ours; an unprotected one could be written by anybody.
  if (unprotected.size || !(header instanceof Map) || header.size !== 2 || !header.has(ALG)) {
    throw new Malformed("a header that is not alg and kid, both protected");
  }
  if (!isBytes(header.get(KID), KID_BYTES)) throw new Malformed("a kid of another form");
  return {
    algorithm: header.get(ALG),
    kid: hex(header.get(KID)),
    payload,
    signature,
    signed: toBeSigned(protectedHeader, payload),
  };
}

/** Tell whether the signature of an opened message is this P-256 key's. */
export async function signedBy(message, key) {
  if (message.signature.length !== SIGNATURE_BYTES) return false;
  return crypto.subtle.verify(ECDSA, key, message.signature, message.signed);
}

/** Return what is signed (RFC 9052 §4.4): ["Signature1", protected, h'', payload]. */
function toBeSigned(protectedHeader, payload) {
  return joined(
    [0x84],
    header(3, CONTEXT.length),
    CONTEXT,
    header(2, protectedHeader.length),
    protectedHeader,
    header(2, 0),
    header(2, payload.length),
    payload,
  );
}

function header(major, length) {
  const first = major << 5;
  if (length < 24) return [first | length];
  if (length < 1 << 8) return [first | 24, length];
  if (length < 1 << 16) return [first | 25, length >> 8, length & 0xff];
  return [first | 26, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
}
