'use strict';
// Everything is readable without this script: it finds files, hides defaults, and opens what a link or a printer needs.

for (const box of document.querySelectorAll('[data-hides]')) {
  box.addEventListener('change', () => {
    document.getElementById('settings-table').classList.toggle(`hide-${box.dataset.hides}`, box.checked);
  });
}

for (const field of document.querySelectorAll('[data-filters]')) {
  const paragraph = field.closest('.filter');
  const list = document.getElementById(field.dataset.filters);
  paragraph.hidden = false;
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of list.children) {
      const name = entry.dataset.name.toLowerCase();
      entry.hidden = !words.every((word) => name.includes(word));
      if (!entry.hidden) shown += 1;
    }
    paragraph.querySelector('output').textContent = `${shown} of ${list.children.length}`;
  });
}

/** A link into something that is closed opens it. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let around = target; around; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement) around.open = true;
  }
  target?.scrollIntoView();
}
addEventListener('hashchange', openTarget);
openTarget();

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
