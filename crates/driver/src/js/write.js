// Putting text into fields, and choosing options.

const CLICKED = ['checkbox', 'radio', 'button', 'submit', 'reset', 'image'];
const EXACT = ['color', 'date', 'time', 'datetime-local', 'month', 'week', 'number', 'range'];

const isSecret = (element) => element instanceof HTMLInputElement && inputType(element) === 'password';

/** Why an element can never be written to; null where it can. */
function notWritable(element) {
  const what = describe(element);
  if (element instanceof HTMLSelectElement) {
    return { message: `${what} is a list of options`, hint: 'Use select with one of its values or labels.' };
  }
  if (element instanceof HTMLInputElement) {
    const type = inputType(element);
    const message = `${what} is an input of type ${type}, which takes no text`;
    if (CLICKED.includes(type)) return { message, hint: 'Use click.' };
    if (type === 'file') return { message, hint: 'Files cannot be chosen by writing their name.' };
    if (type === 'hidden') return { message, hint: 'A person could not write here either; use evaluate.' };
    return null;
  }
  if (element instanceof HTMLTextAreaElement || isEditableHtml(element)) return null;
  return { message: `${what} cannot be written to`, hint: 'Name an input, a textarea or a contenteditable element.' };
}

/** Keys also go to whatever asked for the focus, such as a canvas or an editor of the page's own making. */
const notTypable = (element) => (attributeOf(element, 'tabindex') === null ? notWritable(element) : null);

const notSelectable = (element) =>
  element instanceof HTMLSelectElement
    ? null
    : { message: `${describe(element)} is not a <select>`, hint: 'Lists of the page\'s own making are opened and chosen from by click.' };

const WRITING = { enabled: true, editable: true, control: true };

/** Waits until it could be written to. */
function writable(selector, kind, patience) {
  const fits = { fill: notWritable, type: notTypable, select: notSelectable, press: null }[kind];
  const demands = kind === 'fill' || kind === 'type' ? WRITING : { enabled: true, control: kind === 'select' };
  return whenReady(selector, demands, patience, fits, (element) => ready({ secret: isSecret(element) }));
}

const focusOn = (element) => (element instanceof SVGElement ? focusSvg : focusHtml)(element);

/** Gives an element the focus, the caret behind its last character; `end` where only the End key can put it there. */
function focus(selector) {
  return whenReady(selector, { control: true }, { attach: 0, ready: 0 }, null, (element) => {
    focusOn(element);
    return ready({ end: !caretToEnd(element) });
  });
}

function caretToEnd(element) {
  if (element instanceof HTMLTextAreaElement) {
    const { length } = textareaValue(element);
    caretOfTextarea(element, length, length);
  } else if (element instanceof HTMLInputElement) {
    if (EXACT.includes(inputType(element)) && inputType(element) !== 'number') return true;
    const { length } = inputValue(element);
    try {
      caretOfInput(element, length, length);
    } catch {
      return false; // these types hide their selection from scripts (HTML §4.10.20)
    }
  } else if (isEditableHtml(element)) {
    const selection = selectionOf(document);
    selection.selectAllChildren(element);
    selection.collapseToEnd();
  }
  return true;
}

function fill(selector, value) {
  return whenReady(selector, WRITING, { attach: 0, ready: 0 }, notWritable, (element) => {
    focusOn(element);
    if (element instanceof HTMLTextAreaElement) setTextareaValue(element, value);
    else if (element instanceof HTMLInputElement) {
      const refusal = setInput(element, value);
      if (refusal) return refusal;
    } else return fillEditable(element, value);
    dispatch(element, new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertReplacementText', data: value }));
    dispatch(element, new Event('change', { bubbles: true }));
    return ready(null);
  });
}

function setInput(element, value) {
  const type = inputType(element);
  const before = inputValue(element);
  const wanted = type === 'color' ? value.toLowerCase() : value;
  setInputValue(element, wanted);
  if (!EXACT.includes(type) || inputValue(element) === wanted) return null;
  setInputValue(element, before);
  const message = `an input of type ${type} does not take this value`;
  return { state: 'refused', message, hint: FORMATS[type] };
}

const FORMATS = {
  color: 'Write #rrggbb.',
  date: 'Write YYYY-MM-DD.',
  time: 'Write HH:MM.',
  'datetime-local': 'Write YYYY-MM-DDTHH:MM.',
  month: 'Write YYYY-MM.',
  week: 'Write YYYY-Www.',
  number: 'Write a number with a decimal point.',
  range: 'Write a number within its minimum, maximum and step.',
};

function fillEditable(element, value) {
  selectionOf(document).selectAllChildren(element);
  if (value) command(document, 'insertText', false, value);
  else command(document, 'delete');
  return ready(null);
}

function select(selector, value) {
  return whenReady(selector, { enabled: true, control: true }, { attach: 0, ready: 0 }, notSelectable, (element) => {
    const options = [...optionsOf(element)];
    const label = (option) => option.label.replace(/\s+/g, ' ').trim();
    const chosen = options.find((option) => option.value === value) ?? options.find((option) => label(option) === value.trim());
    if (!chosen) {
      const offered = options.slice(0, 20).map((option) => JSON.stringify(option.value)).join(', ');
      return { state: 'refused', message: 'no option has this value or label', hint: `It offers ${offered}.` };
    }
    if (matches(chosen, ':disabled')) return { state: 'refused', message: 'this option is disabled', hint: '' };
    focusOn(element);
    setSelectedIndex(element, options.indexOf(chosen));
    dispatch(element, new Event('input', { bubbles: true, composed: true }));
    dispatch(element, new Event('change', { bubbles: true }));
    return ready(selectValue(element));
  });
}
