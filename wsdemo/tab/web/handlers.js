// onopen, onmessage and the like, as a browser's own objects have them.

/** Give a class such properties: each is one listener, in the place where it was first set. */
export function defineHandlers(prototype, types) {
  for (const type of types) {
    const handlers = new WeakMap();
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get() {
        return handlers.get(this) ?? null;
      },
      set(handler) {
        const isFirst = !handlers.has(this);
        handlers.set(this, typeof handler === "function" ? handler : null);
        if (isFirst) this.addEventListener(type, (event) => handlers.get(this)?.call(this, event));
      },
    });
  }
}

/** Give a class constants, on itself and on what it makes. */
export function defineConstants(owner, names) {
  names.forEach((name, value) => {
    for (const holder of [owner, owner.prototype]) {
      Object.defineProperty(holder, name, { value, enumerable: true });
    }
  });
}
