// Filters the list of ways while she types; without it the form asks the server.
const marks = /[\u0300-\u036f]/g;
const fold = (s) => s.normalize('NFD').replace(marks, '').replace(/[đĐ]/g, 'd').toLowerCase();
const field = document.getElementById('q');
const rows = [...document.querySelectorAll('[data-ways] > li')].map((li) => [li, ` ${fold(li.textContent).replace(/[^a-z0-9]+/g, ' ')}`]);
const none = document.querySelector('[data-none]');

const filter = () => {
  const words = fold(field.value).split(/[^a-z0-9]+/).filter(Boolean);
  let shown = 0;
  for (const [li, text] of rows) {
    li.hidden = !words.every((w) => text.includes(` ${w}`));
    if (!li.hidden) shown += 1;
  }
  none.hidden = shown > 0;
};

// A list that the server has filtered already is not the whole one.
if (field && !field.value) field.addEventListener('input', filter);
