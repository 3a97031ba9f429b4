// What an officer is told to do, and why: one way from a verdict to a word.

/** Reasons that may be this device's fault: a colleague with another one can tell. */
const PERHAPS_OURS = ["unknown_key", "clock", "from_future"];

/**
 * Return {advice, look, why}: advice `let`, `refuse` or `ask`; look, which gives the answer its
 * colour and shape, `green`, `amber`, `red` or `ask`; why, the name of the sentence that says so.
 */
export function advise({ reason, claims }) {
  if (PERHAPS_OURS.includes(reason)) return { advice: "ask", look: "ask", why: reason };
  if (reason) return { advice: "refuse", look: "red", why: reason };
  const { colour } = claims;
  return { advice: colour === "green" ? "let" : "refuse", look: colour, why: colour };
}
