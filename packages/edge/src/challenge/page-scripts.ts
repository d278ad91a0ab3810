// What runs in browsers is the text of the functions below, as they stand here without their types: it uses nothing from outside itself.

type Asked = {
  readonly parameters: { nonce: string; salt: string; cost: number; keyLength: number; keyPrefix: string }
}
type Found = { readonly counter: number; readonly derivedKey: string }

/** ALTCHA (v2, PBKDF2/SHA-256): the first counter whose key begins with the prefix. */
export async function findCounter({ parameters }: Asked): Promise<Found> {
  const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16))
  const nonce = bytes(parameters.nonce)
  const by = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(parameters.salt), iterations: parameters.cost }
  const password = new Uint8Array(nonce.length + 4)
  password.set(nonce)
  const end = new DataView(password.buffer)
  for (let counter = 0; counter < 2 ** 32; counter++) {
    end.setUint32(nonce.length, counter)
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
    const bits = await crypto.subtle.deriveBits(by, key, parameters.keyLength * 8)
    let derivedKey = ''
    for (const one of new Uint8Array(bits)) derivedKey += one.toString(16).padStart(2, '0')
    if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey }
  }
  throw new Error('there is no such counter')
}

function listen(find: typeof findCounter): void {
  addEventListener('message', ({ data }: MessageEvent) => {
    find(data as Asked).then(
      (found) => postMessage(found),
      () => postMessage(null),
    )
  })
}

/** Sends the proof to the address itself, keeps the pass that comes back, and opens the address again. */
function openPage(): void {
  const { worker = '', header = '', challenge = '' } = document.currentScript?.dataset ?? {}
  const show = (id: string, visible: boolean) => {
    const part = document.getElementById(id)
    if (part !== null) part.hidden = !visible
  }
  const say = (text: string) => {
    const state = document.getElementById('state')
    if (state !== null) state.textContent = text
  }
  const giveUp = (text: string) => {
    say(text)
    show('again', true)
  }
  /** How often within a minute this tab was asked: whose pass is not kept would work for ever. */
  const rounds = (): number => {
    const name = 'custodia-challenge'
    const [since = 0, count = 0] = (sessionStorage.getItem(name) ?? '').split(' ').map(Number)
    const fresh = Date.now() - since > 60_000
    sessionStorage.setItem(name, fresh ? `${Date.now()} 1` : `${since} ${count + 1}`)
    return fresh ? 1 : count + 1
  }
  const sendProof = async (found: unknown) => {
    const stop = new AbortController()
    const proof = btoa(JSON.stringify({ challenge: JSON.parse(challenge), solution: found }))
    const headers = { [header]: proof }
    await fetch(location.href, { headers, redirect: 'manual', cache: 'no-store', signal: stop.signal })
    // Only its cookie is wanted.
    stop.abort()
    location.reload()
  }
  const begin = () => {
    if (!isSecureContext) return giveUp('Your browser does this over https alone.')
    if (!navigator.cookieEnabled) return giveUp('Allow cookies for this address: the result is kept in one.')
    if (rounds() > 4) return giveUp('It did not open, although your browser did its part. Try again in a minute.')
    say('Your browser is working. This takes a few seconds.')
    const failed = () => giveUp('Your browser could not finish its part.')
    const types = (window as { trustedTypes?: { createPolicy(name: string, rules: object): TrustedUrls } }).trustedTypes
    const policy = types?.createPolicy('custodia-challenge', { createScriptURL: (url: string) => url })
    const working = new Worker((policy?.createScriptURL(worker) ?? worker) as string)
    working.onerror = failed
    working.onmessage = ({ data }) => {
      working.terminate()
      if (data === null) failed()
      else sendProof(data).catch(failed)
    }
    working.postMessage(JSON.parse(challenge))
  }
  show('without', false)
  try {
    begin()
  } catch {
    giveUp('Allow this address to keep its result in your browser.')
  }
}
type TrustedUrls = { createScriptURL(url: string): unknown }

export const workerScript = `'use strict';(${listen})(${findCounter})\n`
export const pageScript = `'use strict';(${openPage})()\n`
