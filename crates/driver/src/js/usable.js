// Whether an element takes what a person would do to it, apart from where it is.

/** The parent in the flat tree, as events and inherited states travel. */
function flatParent(node) {
  if (node instanceof Element) {
    const slot = slotOf(node);
    if (slot) return slot;
  }
  return node instanceof ShadowRoot ? hostOf(node) : parentOf(node);
}

function isDisabled(element) {
  const control = closest(element, 'button, input, select, textarea, option, optgroup');
  if (control && matches(control, ':disabled')) return true;
  for (let node = element; node; node = flatParent(node)) {
    const stated = node instanceof Element && attributeOf(node, 'aria-disabled');
    if (stated) return stated.toLowerCase() === 'true';
  }
  return false;
}

const isEditableHtml = (element) => element instanceof HTMLElement && isContentEditable(element);

function isReadOnly(element) {
  const field = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
  return (field && matches(element, '[readonly]')) || attributeOf(element, 'aria-readonly') === 'true';
}

/** A label stands for what it labels. */
const controlFor = (element) => (element instanceof HTMLLabelElement && controlOf(element)) || element;

/** What an element lacks for now, in words that follow "the element"; null where it lacks nothing. */
function lack(element, demands) {
  if (!connected(element)) return 'was taken out of the page';
  if (!isVisible(element)) return 'is not visible';
  if (demands.enabled && isDisabled(element)) return 'is disabled';
  if (demands.editable && isReadOnly(element)) return 'is read-only';
  return null;
}
