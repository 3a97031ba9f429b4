// What this device believes: the issuer's keys as it first met them, and the newest signed bundle.
//
// The key that signs bundles is pinned at the first visit. From then on everything else comes out
// of bundles, which may be fetched from anywhere: only the issuer can have signed them.

import { BundleError, newer, open } from "./bundle.js";
import { fromKeySet } from "./keys.js";

const KEY_SET = "/.well-known/health-code/jwks.json";
const BUNDLE = "/.well-known/health-code/bundle.cbor";
const DATABASE = "health-code";
const STORE = "trust";
const KEPT = "kept";

const seconds = () => Date.now() / 1000;

export class Trust {
  #database = null;
  /** What is kept where the browser keeps nothing: until the page is closed. */
  #memory = {};
  #pinned = null;
  #bundle = null;

  /** What was wrong with the last refresh: `offline`, `older`, or a reason of BundleError. */
  problem = null;

  /** Take up what was kept; nothing of it is believed without its signature. */
  async begin() {
    this.#database = await database().catch(() => null);
    const { keySet, bundle } = await this.#kept();
    try {
      if (keySet) this.#pinned = await fromKeySet(keySet);
      if (bundle) this.#bundle = await this.#reopened(bundle);
    } catch (error) {
      this.problem = reasonOf(error);
    }
  }

  /** The keys for check(), null while there are none. */
  get keys() {
    return this.#bundle ?? this.#pinned;
  }

  /** {age, stale} of the list of withdrawn codes, age in seconds; null without one. */
  get list() {
    if (!this.#bundle) return null;
    const { issuedAt, expiresAt } = this.#bundle;
    return { age: Math.max(0, seconds() - issuedAt), stale: expiresAt < seconds() };
  }

  /** Fetch what is new. Whatever happens, what is held stays in use. */
  async refresh() {
    try {
      if (!this.#pinned) await this.#pin(await (await fetched(KEY_SET)).json());
      await this.#offer(new Uint8Array(await (await fetched(BUNDLE)).arrayBuffer()));
    } catch (error) {
      this.problem = reasonOf(error);
    }
  }

  /** Forget everything, and believe what the server says today, once it has said it. */
  async anew() {
    try {
      const keySet = await (await fetched(KEY_SET)).json();
      const pinned = await fromKeySet(keySet);
      await this.#change(() => ({ keySet }));
      this.#pinned = pinned;
      this.#bundle = null;
    } catch (error) {
      this.problem = reasonOf(error);
      return;
    }
    await this.refresh();
  }

  async #pin(keySet) {
    this.#pinned = await fromKeySet(keySet);
    await this.#change((kept) => ({ ...kept, keySet }));
  }

  async #offer(data) {
    const offered = await open(data, this.#pinned.bundleKeys, seconds());
    const { sequence } = offered;
    // Another tab may hold a newer one, so it is compared where nobody comes between.
    const kept = await this.#change((kept) =>
      kept.sequence >= sequence ? kept : { ...kept, bundle: data, sequence },
    );
    const held = kept.bundle === data ? offered : await this.#reopened(kept.bundle);
    this.#bundle = newer(this.#bundle, held);
    this.problem = sequence < this.#bundle.sequence ? "older" : null;
  }

  /** Open a bundle that was taken before: a clock that has gone back since makes it no worse. */
  async #reopened(bundle) {
    return open(bundle, this.#pinned.bundleKeys, Infinity);
  }

  async #kept() {
    if (!this.#database) return this.#memory;
    return (await done(this.#store("readonly").get(KEPT))) ?? {};
  }

  /** Change what is kept, in one transaction, and return it. */
  async #change(how) {
    if (!this.#database) {
      this.#memory = how(this.#memory);
      return this.#memory;
    }
    const store = this.#store("readwrite");
    const kept = how((await done(store.get(KEPT))) ?? {});
    await done(store.put(kept, KEPT));
    return kept;
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

const reasonOf = (error) => (error instanceof BundleError ? error.reason : "offline");

async function fetched(path) {
  const response = await fetch(path, { cache: "no-cache", credentials: "omit" });
  if (!response.ok) throw new Error(`${response.status}`);
  return response;
}

function database() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return done(opening);
}

/** Wait for a request of the database. */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
