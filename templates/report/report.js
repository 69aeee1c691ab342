'use strict';
// Everything is readable without this script: it finds files, hides defaults, and opens what a link or a printer needs.

// Printed: steps and differences are open; files are as the reader left them.
let opened = [];
addEventListener('beforeprint', () => {
  const closed = document.querySelectorAll('.steps details:not([open]), #differences details:not([open])');
  opened.push(...closed);
  for (const entry of closed) entry.open = true;
});
addEventListener('afterprint', () => {
  for (const entry of opened) entry.open = false;
  opened = [];
});

for (const box of document.querySelectorAll('[data-hides]')) {
  const apply = () =>
    document.getElementById('settings-table').classList.toggle(`hide-${box.dataset.hides}`, box.checked);
  box.closest('.filter').hidden = false;
  box.addEventListener('change', apply);
  // A browser keeps what was chosen over a reload.
  apply();
}

for (const field of document.querySelectorAll('[data-filters]')) {
  const paragraph = field.closest('.filter');
  const list = document.getElementById(field.dataset.filters);
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of list.children) {
      const name = entry.dataset.name.toLowerCase();
      entry.hidden = !words.every((word) => name.includes(word));
      if (!entry.hidden) shown += 1;
    }
    paragraph.querySelector('output').textContent = words.length > 0 ? `${shown} of ${list.children.length}` : '';
  };
  paragraph.hidden = false;
  field.addEventListener('input', apply);
  if (field.value) apply();
}

/** A link into something that is closed opens it. Ids have only characters that links have as they are. */
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  for (let around = target; around; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement) around.open = true;
  }
  target?.scrollIntoView();
}
addEventListener('hashchange', openTarget);
openTarget();
