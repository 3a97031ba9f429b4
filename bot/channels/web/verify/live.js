// The live challenge: four digits that the holder's own chat answers, against screenshots.

const MINUTE = 60;
const ACCEPTED = 3 * MINUTE;
const MOST = 10000;

/** Four digits that change every minute; times are epoch seconds. */
export class Live {
  #shown = [];

  /** Return the digits to show now, new ones as soon as the last are a minute old. */
  digits(now) {
    this.#shown = this.#shown.filter(({ since }) => now - since < ACCEPTED && since <= now);
    if (!this.#shown.length || now - this.#shown[0].since >= MINUTE) {
      this.#shown.unshift({ digits: this.#fresh(), since: now });
    }
    return this.#shown[0].digits;
  }

  /** Return the seconds until they change. */
  left(now) {
    return Math.max(0, Math.ceil(MINUTE - (now - this.#shown[0].since)));
  }

  /**
   * Return what a code that answers `challenge` is to be compared with: itself, if those digits
   * were shown in the last three minutes, otherwise the digits that are shown now.
   */
  expected(challenge, now) {
    const current = this.digits(now);
    return this.#shown.some(({ digits }) => digits === challenge) ? challenge : current;
  }

  #fresh() {
    for (;;) {
      const [value] = crypto.getRandomValues(new Uint16Array(1));
      const digits = String(value % MOST).padStart(4, "0");
      // Beyond the last whole ten thousand some digits would come more often than others.
      if (value < 6 * MOST && !this.#shown.some((one) => one.digits === digits)) return digits;
    }
  }
}
