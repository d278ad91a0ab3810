import { safeHtml, referredContentIds } from './mail/safe-html.ts'
import { plainText } from './mail/plain-text.ts'
import { linksIn } from './mail/links.ts'
import { plainBody } from './web/plain-body.ts'
const n = 1_048_576
const fill = (s: string) => s.repeat(Math.ceil(n / s.length)).slice(0, n)
for (const [name, h] of Object.entries({ lt: fill('<'), a: fill('<a href="https://a.example/">x'), div: fill('<div>'), style: fill('<p style="color:red;margin:1px 2px">x</p>'), style1: `<p style="${fill('color:red;')}">`, val: `<p style="color:${fill('a ')}">`, attr: `<p ${fill('a=b ')}>`, ent: fill('&amp;'), cid: fill('cid:a '), comment: fill('<!--'), quote: `<a href="${fill('x')}`, cssnest: `<p style="${fill('{')}">`, cssparen: `<p style="${fill('(')}">`, ws: fill(' '), br: fill('<br '), http: fill('https://'), httpdot: 'https://' + fill('.'), gt: fill('>\n'), nl: fill('\n'), img: fill('<img src="cid:x" alt="y">') })) {
  const t: number[] = []
  for (const f of [() => linksIn(safeHtml(h, new Map())), () => referredContentIds(h), () => plainText(h), () => plainBody(h)]) { const s = performance.now(); try { f() } catch (e) { console.log(name, 'THROWS', (e as Error).message.slice(0, 80)) } t.push(Math.round(performance.now() - s)) }
  console.log(name, t.join(' '))
}
