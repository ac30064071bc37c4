//! What a page is asked about an action, as scripts. What it answers is a stranger's word: it names and masks, nothing more.

/// Whether what has the focus takes a secret; null where it cannot be told.
pub(super) const FOCUSED: &str = r#"(() => {
  let e = document.activeElement;
  for (let i = 0; e && i < 20; i++) {
    let inner = e.shadowRoot && e.shadowRoot.activeElement;
    if (!inner && e.tagName === 'IFRAME') { try { inner = e.contentDocument.activeElement; } catch { return null; } }
    if (!inner) break;
    e = inner;
  }
  if (!e) return null;
  if (e.tagName === 'INPUT') return e.type === 'password' || /password|one-time-code|cc-/.test(e.autocomplete || '');
  return e.tagName === 'TEXTAREA' || e.isContentEditable || e === document.body ? false : null;
})()"#;

/// The element at a place: tag, id, name, type, role, text, and a selector that finds it.
pub(super) const DESCRIBE: &str = r#"(x, y) => {
  let e = document.elementFromPoint(x, y);
  for (let i = 0; e && e.shadowRoot && i < 20; i++) {
    const inner = e.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === e) break;
    e = inner;
  }
  if (!e) return null;
  const short = text => String(text || '').trim().replace(/\s+/g, ' ').slice(0, 80);
  const path = [];
  for (let n = e; n && n.nodeType === 1 && path.length < 8; n = n.parentElement) {
    if (n.id) { path.unshift('#' + CSS.escape(n.id)); break; }
    const same = n.parentElement ? [...n.parentElement.children].filter(c => c.tagName === n.tagName) : [n];
    path.unshift(n.tagName.toLowerCase() + (same.length > 1 ? `:nth-of-type(${same.indexOf(n) + 1})` : ''));
  }
  const isButton = e.tagName === 'INPUT' && ['submit', 'button', 'reset'].includes(e.type);
  const described = { tag: e.tagName.toLowerCase(), id: short(e.id), name: short(e.name), type: short(e.getAttribute('type')),
    role: short(e.getAttribute('role')), text: short(isButton ? e.value : e.textContent.slice(0, 400)),
    selector: path.join(' > ').slice(0, 400) };
  for (const key in described) if (!described[key]) delete described[key];
  return described;
}"#;
