// The document as the accessibility tree would tell it, read from its markup: for documents so large that the browser
// needs many seconds for its own tree. Roles and names follow HTML-AAM and accname as far as common markup needs them.

const LARGE = 8000;
const MOST_ROWS = 100000;
const MOST_DEEP = 400;
const LONGEST_NAME = 420;

const ROLES = {
  article: 'article', aside: 'complementary', audio: 'Audio', blockquote: 'blockquote', button: 'button', canvas: 'Canvas',
  caption: 'caption', code: 'code', dd: 'definition', details: 'group', dialog: 'dialog', dl: 'DescriptionList',
  dt: 'term', em: 'emphasis', fieldset: 'group', figcaption: 'Figcaption', figure: 'figure', footer: 'contentinfo',
  frame: 'Iframe', h1: 'heading', h2: 'heading', h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading',
  header: 'banner', hr: 'separator', iframe: 'Iframe', img: 'image', label: 'LabelText', legend: 'Legend',
  li: 'listitem', main: 'main', meter: 'meter', nav: 'navigation', ol: 'list', optgroup: 'group', option: 'option',
  output: 'status', p: 'paragraph', progress: 'progressbar', search: 'search', strong: 'strong',
  summary: 'DisclosureTriangle', svg: 'SvgRoot', table: 'table', td: 'cell', textarea: 'textbox', tfoot: 'rowgroup',
  thead: 'rowgroup', time: 'time', tr: 'row',
  ul: 'list', video: 'Video',
};
const INPUT_ROLES = {
  button: 'button', checkbox: 'checkbox', color: 'ColorWell', file: 'button', image: 'button', number: 'spinbutton',
  radio: 'radio', range: 'slider', reset: 'button', search: 'searchbox', submit: 'button',
};
const NAMED_BY_CONTENT = new Set(['button', 'cell', 'checkbox', 'columnheader', 'DisclosureTriangle', 'gridcell', 'heading',
  'link', 'menuitem', 'menuitemcheckbox', 'menuitemradio', 'option', 'radio', 'rowheader', 'switch', 'tab', 'term', 'tooltip', 'treeitem']);
const TEXT_ROLES = ['textbox', 'searchbox', 'spinbutton'];
const FIELDS = 'input, select, textarea';
const MARKERS = { disc: '•', circle: '◦', square: '▪' };
const INLINE = /^(inline|contents)/;

const frameMarks = new Map();

/** Whether the browser's own tree of this document would take long. */
function isLarge() {
  let left = LARGE - inDocument.all(document, '*').length;
  if (left >= 0) for (const shadow of shadows(document)) left -= inShadow.all(shadow, '*').length;
  return left < 0;
}

/** How a frame's element is told of in the walk. */
function markFrame(element, mark) {
  frameMarks.set(element, mark);
  return true;
}

/** Rows in document order, each `[depth, role, name, value, states, mark]`; `isCut` where there are more. */
function walk(patience) {
  const begun = now();
  const rows = [[0, 'RootWebArea', titleOf(document), '', {}, null]];
  const reader = new MarkupReader();
  let isCut = false;
  const say = (text, depth) => {
    if (text) rows.push([depth, 'StaticText', text, '', {}, null]);
  };
  const visit = (node, depth, deep) => {
    isCut ||= rows.length >= MOST_ROWS || now() - begun > patience;
    if (isCut || deep > MOST_DEEP) return;
    if (node instanceof Text) return say(reader.isSeen(flatParent(node)) && oneLine(wholeText(node)).slice(0, LONGEST_NAME), depth);
    if (!(node instanceof Element) || !reader.displayOf(node)) return;
    const role = reader.roleOf(node);
    const name = reader.nameFor(node, role);
    const isShown = (role || name) && reader.isSeen(node);
    const value = reader.valueOf(node);
    const inside = isShown ? depth + 1 : depth;
    if (isShown) rows.push([depth, role || 'generic', name, value, reader.statesOf(node, role), frameMarks.get(node) ?? null]);
    if (isShown && role === 'combobox' && node instanceof HTMLSelectElement) rows.push([inside, 'MenuListPopup', '', '', {}, null]);
    if (matches(node, 'input, textarea')) return isShown && TEXT_ROLES.includes(role) && say(value, inside);
    if (isShown && role === 'listitem') {
      const marker = reader.markerOf(node);
      if (marker) rows.push([inside, 'ListMarker', marker, '', {}, null]);
    }
    const below = role === 'combobox' && node instanceof HTMLSelectElement ? inside + 1 : inside;
    for (const child of flatChildren(node)) visit(child, below, deep + 1);
  };
  const body = bodyOf(document) ?? rootOf(document);
  if (body) visit(body, 1, 0);
  frameMarks.clear();
  return { rows, isCut };
}

/** The children in the flat tree; of details that are closed, what is still to be seen. */
function flatChildren(element) {
  if (element instanceof HTMLDetailsElement && attributeOf(element, 'open') === null) {
    return [...childrenOf(element)].filter((child) => child instanceof Element && nameOf(child) === 'summary').slice(0, 1);
  }
  const shadow = shadowOf(element);
  if (shadow) return childrenOf(shadow);
  const assigned = element instanceof HTMLSlotElement ? assignedTo(element) : [];
  return assigned.length > 0 ? assigned : childrenOf(element);
}

/** Reads elements of a document that does not change meanwhile: what was worked out once is kept. */
class MarkupReader {
  #displays = new Map();
  #texts = new Map();
  #counts = new Map();

  /** How it is laid out; empty for what is not. */
  displayOf(element) {
    let display = this.#displays.get(element);
    if (display === undefined) {
      display = getComputedStyle(element).display;
      const isHidden = display === 'none' || attributeOf(element, 'aria-hidden') === 'true'
        || (display !== 'contents' && !matches(element, 'option, optgroup') && !isRendered(element));
      if (isHidden) display = '';
      this.#displays.set(element, display);
    }
    return display;
  }

  isSeen(element) {
    return !(element instanceof Element) || getComputedStyle(element).visibility === 'visible';
  }

  roleOf(element) {
    const stated = oneLine(attributeOf(element, 'role') ?? '').split(' ')[0].toLowerCase();
    if (stated) return stated === 'none' || stated === 'presentation' ? '' : stated;
    const name = nameOf(element);
    if (name === 'a' || name === 'area') return attributeOf(element, 'href') === null ? '' : 'link';
    if (name === 'input') return INPUT_ROLES[inputType(element)] ?? 'textbox';
    if (name === 'select') return matches(element, '[multiple], [size]:not([size="1"])') ? 'listbox' : 'combobox';
    if (name === 'form' || name === 'section') {
      const isNamed = attributeOf(element, 'aria-label') || attributeOf(element, 'aria-labelledby');
      return isNamed ? (name === 'form' ? 'form' : 'region') : '';
    }
    if (name === 'th') return this.#headerRole(element);
    if ((name === 'header' || name === 'footer') && closest(element, 'article, aside, main, nav, section')) return `section${name}`;
    return Object.hasOwn(ROLES, name) ? ROLES[name] : '';
  }

  #headerRole(element) {
    const scope = attributeOf(element, 'scope')?.toLowerCase() ?? '';
    if (scope) return scope.startsWith('row') ? 'rowheader' : 'columnheader';
    const isBesideData = [...childrenOf(parentOf(element))].some((cell) => cell instanceof Element && nameOf(cell) === 'td');
    return isBesideData && !closest(element, 'thead') ? 'rowheader' : 'columnheader';
  }

  /** What stands in front of an item of a list. */
  markerOf(element) {
    const { display, listStyleType } = getComputedStyle(element);
    if (display !== 'list-item') return '';
    const place = (this.#counts.get(parentOf(element)) ?? 0) + 1;
    this.#counts.set(parentOf(element), place);
    return listStyleType === 'decimal' ? `${place}.` : (MARKERS[listStyleType] ?? '');
  }

  /** What is read out of an element: its text, as far as it is shown, without what fields hold. */
  textIn(element) {
    let text = this.#texts.get(element);
    if (text !== undefined) return text;
    text = '';
    if (this.displayOf(element) && !matches(element, FIELDS)) {
      text = oneLine(attributeOf(element, 'aria-label') ?? '') || (attributeOf(element, 'alt') ?? '');
      if (!text) for (const child of flatChildren(element)) text += this.#piece(child);
    }
    text = text.slice(0, LONGEST_NAME);
    this.#texts.set(element, text);
    return text;
  }

  #piece(child) {
    if (child instanceof Text) return wholeText(child);
    if (!(child instanceof Element)) return '';
    const text = this.textIn(child);
    return INLINE.test(this.displayOf(child)) ? text : ` ${text} `;
  }

  nameFor(element, role) {
    const ids = oneLine(attributeOf(element, 'aria-labelledby') ?? '').split(' ').filter(Boolean);
    const labelled = ids.map((id) => elementOf(document, id)).filter(Boolean).map((label) => this.textIn(label)).join(' ');
    const stated = labelled || attributeOf(element, 'aria-label') || this.#nativeName(element);
    const name = stated || (NAMED_BY_CONTENT.has(role) && this.textIn(element)) || attributeOf(element, 'title') || '';
    return oneLine(name).slice(0, LONGEST_NAME);
  }

  #nativeName(element) {
    if (matches(element, FIELDS)) {
      const labels = [...(labelsOf(element) ?? [])].map((label) => this.textIn(label)).join(' ');
      return oneLine(labels) || this.#buttonName(element) || attributeOf(element, 'placeholder') || '';
    }
    if (element instanceof HTMLImageElement) return attributeOf(element, 'alt') ?? '';
    if (nameOf(element) === 'optgroup') return attributeOf(element, 'label') ?? '';
    const holder = { fieldset: 'legend', svg: 'title', table: 'caption' }[nameOf(element)];
    for (const child of holder ? childrenOf(element) : []) {
      if (child instanceof Element && nameOf(child) === holder) return wholeText(child);
    }
    return '';
  }

  #buttonName(element) {
    if (!(element instanceof HTMLInputElement)) return '';
    const defaults = { submit: 'Submit', reset: 'Reset', image: 'Submit', file: 'Choose File', button: '' };
    const type = inputType(element);
    if (!Object.hasOwn(defaults, type)) return '';
    return attributeOf(element, 'alt') || attributeOf(element, 'value') || defaults[type];
  }

  /** What a field holds; of a secret only how long it is. */
  valueOf(element) {
    if (element instanceof HTMLTextAreaElement) return textareaValue(element).slice(0, LONGEST_NAME);
    if (element instanceof HTMLProgressElement) return String(parseFloat(attributeOf(element, 'value')) || '');
    if (element instanceof HTMLSelectElement) {
      if (this.roleOf(element) === 'listbox') return '';
      const [chosen] = chosenOf(element);
      return chosen ? oneLine(wholeText(chosen)) : '';
    }
    if (!(element instanceof HTMLInputElement)) return '';
    if (isSecret(element)) return '•'.repeat(Math.min(inputValue(element).length, 64));
    if (inputType(element) === 'file') return inputValue(element).split('\\').at(-1) || 'No file chosen';
    const role = INPUT_ROLES[inputType(element)] ?? 'textbox';
    return role === 'slider' || TEXT_ROLES.includes(role) ? inputValue(element).slice(0, LONGEST_NAME) : '';
  }

  statesOf(element, role) {
    const states = {};
    const aria = (name) => attributeOf(element, `aria-${name}`)?.toLowerCase();
    for (const name of ['checked', 'pressed', 'selected', 'required', 'multiselectable']) {
      const value = aria(name);
      if (value === 'true' || value === 'mixed') states[name] = value;
    }
    if (aria('expanded')) states.expanded = aria('expanded') === 'true';
    if (aria('invalid') && aria('invalid') !== 'false') states.invalid = aria('invalid');
    if (role === 'combobox' && states.expanded === undefined) states.expanded = false;
    if (role === 'heading') states.level = Number(aria('level')) || Number(nameOf(element).slice(1)) || 2;
    if (nameOf(element) === 'summary') states.expanded = parentOf(element) instanceof HTMLDetailsElement && attributeOf(parentOf(element), 'open') !== null;
    if (matches(element, ':focus')) states.focused = true;
    if (matches(element, ':disabled') || aria('disabled') === 'true') states.disabled = true;
    if (matches(element, 'input:checked') && ['checkbox', 'radio', 'switch'].includes(role)) states.checked = 'true';
    if (matches(element, 'input:indeterminate') && role === 'checkbox') states.checked = 'mixed';
    if (matches(element, 'option:checked')) states.selected = true;
    if (matches(element, ':required')) states.required = true;
    if (matches(element, 'select[multiple]')) states.multiselectable = true;
    return states;
  }
}
