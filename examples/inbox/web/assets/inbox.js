// Comfort only: everything works without it. Times in the reader's own zone, and the keys j, k, u and /.
const now = new Date()
const sameDay = (one, other) => one.toDateString() === other.toDateString()

for (const time of document.querySelectorAll('time')) {
  const date = new Date(time.dateTime)
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }
  const short = sameDay(date, now)
    ? { hour: '2-digit', minute: '2-digit' }
    : { day: 'numeric', month: 'short', ...year }
  const form = time.dataset.form === 'full' ? { dateStyle: 'full', timeStyle: 'short' } : short
  time.textContent = date.toLocaleString('en-GB', form)
}

const rows = [...document.querySelectorAll('.row')]
const moveTo = (step) => {
  const at = rows.indexOf(document.activeElement)
  rows[at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus()
}

const keys = {
  j: () => moveTo(1),
  k: () => moveTo(-1),
  u: () => document.getElementById('back')?.click(),
  '/': () => document.querySelector('.search input')?.focus(),
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
  if (typing && event.key === 'Escape') event.target.blur()
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return
  event.preventDefault()
  keys[event.key]()
})
