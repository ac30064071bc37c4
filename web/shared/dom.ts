// Elements by hand. Text from a session is only ever set as text: nothing here takes HTML.

/** An element with a class, attributes and children; strings become text nodes. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: { class?: string; attributes?: Record<string, string> } = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.class) made.className = options.class;
  for (const [name, value] of Object.entries(options.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The token of a page at /<page>/<token>. */
export function token(): string {
  return location.pathname.split("/")[2] ?? "";
}
