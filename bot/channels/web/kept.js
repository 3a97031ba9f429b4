// What the browser keeps for the page: `lasting` for good, `passing` with the tab. Where it may
// keep nothing, as where cookies are blocked, it is kept as long as the page is open.

function opened(name) {
  try {
    return window[name] ?? new Memory();
  } catch {
    return new Memory();
  }
}

class Memory {
  #kept = new Map();
  getItem = (name) => this.#kept.get(name) ?? null;
  setItem = (name, value) => this.#kept.set(name, String(value));
  removeItem = (name) => this.#kept.delete(name);
  clear = () => this.#kept.clear();
}

export const lasting = opened("localStorage");
export const passing = opened("sessionStorage");
