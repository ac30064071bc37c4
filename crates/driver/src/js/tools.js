// Everything that is called from outside.

return {
  aim, outline, reveal, through, writable, focus, fill, select, watch, watchText, extract, html, scroll,
  location: whereabouts, expectMouse, hasMouse,
};
