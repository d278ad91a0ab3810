/**
 * For every document, before its own scripts: what a script of a payload would call is done loudly, so that the visitor of a page hears it.
 */
export const probe = `
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'write'])
  window[name] = (...args) => console.error('a page called ' + name + ': ' + args.join(' '))
`
