// The browser's own functions, taken hold of once: a form whose field is called "matches", or an image called
// "querySelector", hides the method of that name from everybody who asks the element for it, in every world.

const bound = (method) => Function.prototype.call.bind(method);
const getter = (prototype, name) => bound(Object.getOwnPropertyDescriptor(prototype, name).get);
const setter = (prototype, name) => bound(Object.getOwnPropertyDescriptor(prototype, name).set);

const connected = getter(Node.prototype, 'isConnected');
const parentOf = getter(Node.prototype, 'parentNode');
const wholeText = getter(Node.prototype, 'textContent');
const childrenOf = getter(Node.prototype, 'childNodes');
const contains = bound(Node.prototype.contains);
const hostOf = getter(ShadowRoot.prototype, 'host');
const shadowOf = getter(Element.prototype, 'shadowRoot');
const slotOf = getter(Element.prototype, 'assignedSlot');
const nameOf = getter(Element.prototype, 'localName');
const attributesOf = getter(Element.prototype, 'attributes');
const attributeOf = bound(Element.prototype.getAttribute);
const outerHtml = getter(Element.prototype, 'outerHTML');
const innerText = getter(HTMLElement.prototype, 'innerText');
const isContentEditable = getter(HTMLElement.prototype, 'isContentEditable');
const matches = bound(Element.prototype.matches);
const closest = bound(Element.prototype.closest);
const rectsOf = bound(Element.prototype.getClientRects);
const rectOf = bound(Element.prototype.getBoundingClientRect);
const isRendered = bound(Element.prototype.checkVisibility);
const scrollTo = bound(Element.prototype.scrollIntoView);
const scrollIfNeeded = bound(Element.prototype.scrollIntoViewIfNeeded);
const scrollLeftOf = getter(Element.prototype, 'scrollLeft');
const scrollTopOf = getter(Element.prototype, 'scrollTop');
const focusHtml = bound(HTMLElement.prototype.focus);
const focusSvg = bound(SVGElement.prototype.focus);
const controlOf = getter(HTMLLabelElement.prototype, 'control');
const optionsOf = getter(HTMLSelectElement.prototype, 'options');
const inputType = getter(HTMLInputElement.prototype, 'type');
const inputValue = getter(HTMLInputElement.prototype, 'value');
const setInputValue = setter(HTMLInputElement.prototype, 'value');
const setTextareaValue = setter(HTMLTextAreaElement.prototype, 'value');
const textareaValue = getter(HTMLTextAreaElement.prototype, 'value');
const selectValue = getter(HTMLSelectElement.prototype, 'value');
const setSelectedIndex = setter(HTMLSelectElement.prototype, 'selectedIndex');
const caretOfInput = bound(HTMLInputElement.prototype.setSelectionRange);
const caretOfTextarea = bound(HTMLTextAreaElement.prototype.setSelectionRange);
const assignedTo = bound(HTMLSlotElement.prototype.assignedNodes);
const chosenOf = getter(HTMLSelectElement.prototype, 'selectedOptions');
const labelGetters = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement].map((kind) => [kind, getter(kind.prototype, 'labels')]);
const labelsOf = (field) => labelGetters.find(([kind]) => field instanceof kind)?.[1](field);
const elementOf = bound(Document.prototype.getElementById);
const dispatch = bound(EventTarget.prototype.dispatchEvent);
const bodyOf = getter(Document.prototype, 'body');
const rootOf = getter(Document.prototype, 'documentElement');
const titleOf = getter(Document.prototype, 'title');
const doctypeOf = getter(Document.prototype, 'doctype');
const scrollingOf = getter(Document.prototype, 'scrollingElement');
const selectionOf = bound(Document.prototype.getSelection);
const command = bound(Document.prototype.execCommand);

const finders = (prototype) => ({
  one: bound(prototype.querySelector),
  all: bound(prototype.querySelectorAll),
  at: prototype.elementFromPoint && bound(prototype.elementFromPoint),
});
const inDocument = finders(Document.prototype);
const inShadow = { ...finders(DocumentFragment.prototype), at: bound(ShadowRoot.prototype.elementFromPoint) };
const finderOf = (root) => (root === document ? inDocument : inShadow);

const now = () => performance.now();
