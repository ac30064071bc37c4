// Whether a person can see an element, and where it is.

const hasArea = (rect) => rect.width > 0 && rect.height > 0;

/** The boxes of an element; of its contents where it has none itself (`display: contents`). */
function boxes(element) {
  const own = [...rectsOf(element)].filter(hasArea);
  if (own.length > 0 || getComputedStyle(element).display !== 'contents') return own;
  const range = new Range();
  range.selectNodeContents(element);
  return [...range.getClientRects()].filter(hasArea);
}

function isVisible(element) {
  if (boxes(element).length === 0) return false;
  const style = getComputedStyle(element);
  return style.display === 'contents' || isRendered(element, { visibilityProperty: true });
}

/** An element in a few words. */
function describe(element) {
  const shown = ['id', 'name', 'class'].map((name) => [name, attributeOf(element, name)]);
  const attributes = shown.filter(([, value]) => value).map(([name, value]) => ` ${name}="${value.slice(0, 40)}"`);
  return `<${nameOf(element)}${attributes.join('')}>`;
}
