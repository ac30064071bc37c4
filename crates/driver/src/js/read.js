// Reading a document out.

/** The most characters that are read; the caller says so where there is more. */
const READ_LIMIT = 8 << 20;

const textOf = (element) => (element instanceof HTMLElement ? innerText(element) : wholeText(element));

function asJson(element) {
  const attributes = Object.fromEntries([...attributesOf(element)].map(({ name, value }) => [name, value]));
  const read = { tag: nameOf(element), text: textOf(element).trim(), attributes };
  if (element instanceof HTMLInputElement && !isSecret(element)) read.value = inputValue(element);
  if (element instanceof HTMLTextAreaElement) read.value = textareaValue(element);
  if (element instanceof HTMLSelectElement) read.value = selectValue(element);
  return read;
}

const READERS = { text: textOf, html: (element) => outerHtml(element), json: asJson };

const sizeOf = (value) => (typeof value === 'string' ? value.length : value === null ? 4 : JSON.stringify(value).length);

/** What the matches of a selector hold: of the first alone, or of each. */
async function extract(selector, { attribute, multiple, format }, patience) {
  const read = attribute === null ? READERS[format] : (element) => attributeOf(element, attribute);
  for (const begun = now(); ; await pause(ABSENT_PAUSE_MS)) {
    let found;
    try {
      found = multiple ? all(selector) : [first(selector)].filter(Boolean);
    } catch (error) {
      return { state: 'invalid', message: error.message };
    }
    if (found.length === 0 && now() - begun >= patience.attach) return { state: 'absent' };
    if (found.length === 0) continue;
    const data = [];
    let size = 0;
    for (const element of found) {
      data.push(read(element));
      size += sizeOf(data.at(-1));
      if (size > READ_LIMIT) return { state: 'refused', message: 'what the selector matches is too large', hint: 'Choose a narrower selector.' };
    }
    return ready(data);
  }
}

const FAILED = [403, 502, 503, 504];

/** Where the document is, and what it says where it may be a proxy's word on why there is none. */
function whereabouts() {
  const [arrival] = performance.getEntriesByType('navigation');
  const mayBeProxy = FAILED.includes(arrival?.responseStatus) && document.contentType === 'text/plain';
  const said = mayBeProxy ? wholeText(rootOf(document)).slice(0, 200).trim() : null;
  return { url: location.href, title: titleOf(document), said };
}

function html() {
  const doctype = doctypeOf(document);
  const root = rootOf(document);
  return (doctype ? new XMLSerializer().serializeToString(doctype) : '') + (root ? outerHtml(root) : '');
}
