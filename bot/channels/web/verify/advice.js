// What an officer is told to do, and why: one way from a verdict to a word.

/** Where this device's clock may be what is wrong: a colleague with another one can tell. */
const UNSURE = ["clock", "from_future"];
/** Seconds: a key is published so long before it signs, so that a list no older knows them all. */
const PUBLISHED_AHEAD = 24 * 3600;

/** What can be done about an answer, by the name of the sentence that says why it is so. */
const ONWARD = {
  amber: "seeWhy",
  red: "seeWhy",
  revoked: "seeWhy",
  expired: "getNew",
  withdrawn_key: "getNew",
  not_a_code: "showOurs",
  too_long: "showOurs",
  other_realm: "showOurs",
  malformed: "onceMore",
  other_document: "lookAgain",
  other_challenge: "askLive",
  no_code: "sharper",
  no_picture: "asPicture",
};

/** Return the name of the sentence that says what can be done, null where there is none. */
export const onward = (why) => ONWARD[why] ?? null;

/**
 * Return {advice, look, why}: advice `let`, `let_if` (the document is still to be
 * compared), `refuse` or `ask`; look, which gives the answer its
 * colour and shape, `green`, `amber`, `red` or `ask`; why, the name of the sentence that says so.
 * `age` is the list's in seconds, null where there is none.
 */
export function advise({ reason, claims, binding }, age) {
  if (UNSURE.includes(reason)) return { advice: "ask", look: "ask", why: reason };
  if (reason === "unknown_key" && (age === null || age > PUBLISHED_AHEAD)) {
    return { advice: "ask", look: "ask", why: "unknown_key_here" };
  }
  if (reason) return { advice: "refuse", look: "red", why: reason };
  const { colour } = claims;
  if (colour !== "green") return { advice: "refuse", look: colour, why: colour };
  if (!binding) return { advice: "let_if", look: colour, why: "green_if" };
  return { advice: "let", look: colour, why: colour };
}
