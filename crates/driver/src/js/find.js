// Which elements a selector means: the document's own first, then those in its open shadow roots, outermost first.

/** The open shadow roots below a root, in document order, each before those inside it. */
function* shadows(root) {
  for (const element of finderOf(root).all(root, '*')) {
    const shadow = shadowOf(element);
    if (shadow) {
      yield shadow;
      yield* shadows(shadow);
    }
  }
}

function first(selector) {
  const own = inDocument.one(document, selector);
  if (own) return own;
  for (const shadow of shadows(document)) {
    const inside = inShadow.one(shadow, selector);
    if (inside) return inside;
  }
  return null;
}

function all(selector) {
  const found = [...inDocument.all(document, selector)];
  for (const shadow of shadows(document)) found.push(...inShadow.all(shadow, selector));
  return found;
}
