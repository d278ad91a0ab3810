import { existsSync } from 'node:fs'
import { serverUrl, tokenFrom } from '../address.ts'
import type { Command, OptionValues } from '../command.ts'
import { exitCodes } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { readKnownLog, writeKnownLog } from './known-log.ts'
import type { Ledger } from './source.ts'
import { folderLedger, serverLedger } from './source.ts'
import { keyFor, reportVerification, verifyAll } from './verification.ts'

/** The ledger at an address or in a folder. What looks like an address is one. */
export function ledgerAt(place: string | undefined, options: OptionValues, terminal: Terminal): Ledger {
  const isFolder = place !== undefined && !/^https?:\/\//i.test(place)
  if (isFolder && (existsSync(place) || !/^[\w.-]+:\d+/.test(place))) return folderLedger(place)
  return serverLedger(serverUrl(place, terminal), tokenFrom(options, terminal))
}

export const tokenOption = {
  'token-file': { value: 'FILE', summary: 'File with an API key that has the permission ledger:read:all.' },
} as const

export const verify: Command = {
  name: 'ledger verify',
  operands: '[URL|FOLDER]',
  summary: 'Verify every entry of the ledger, and say exactly which one is wrong.',
  description: [
    'It checks the signature of the checkpoint, that the tree has the signed root, that every entry is in it, and that',
    'the ledger still begins with everything that was signed before (--remember).',
    '',
    'Without --key it takes the verifier key that the ledger offers. That shows an accident, and a change by somebody',
    'who does not hold the signing key; it does not show a ledger that was replaced as a whole. Keep the key elsewhere,',
    'or use --remember on a machine of your own.',
  ].join('\n'),
  count: [0, 1],
  options: {
    key: { value: 'VERIFIER', summary: 'Verifier key to trust, as in “log.example+1f2e3d4c+AQ…”.' },
    remember: { value: 'FILE', summary: 'Compare with what this file remembers; remember this time, if all is well.' },
    ...tokenOption,
  },
  examples: [
    'custodia ledger verify --token-file auditor.key --remember ledger.seen',
    'custodia ledger verify ./export --key "$(cat verifier.from-the-safe)"',
  ],
  async run({ words, options, terminal }) {
    const ledger = ledgerAt(words[0], options, terminal)
    const file = typeof options.remember === 'string' ? options.remember : null
    const known = file === null ? null : readKnownLog(file)
    const typed = typeof options.key === 'string' ? options.key : undefined
    const key = await keyFor(ledger, typed ?? known?.key)
    const keySource = typed !== undefined ? 'option' : known !== null ? 'remembered' : 'offered by the ledger'
    if (keySource === 'offered by the ledger') terminal.note(`Trusting the key that the ledger offers: ${key.text}`)

    // The note that is remembered must be the one that was verified, and not a later one.
    const signed = await ledger.checkpoint()
    const pinned: Ledger = { ...ledger, checkpoint: async () => signed }
    const result = await verifyAll(pinned, key, known === null ? [] : [known.checkpoint], terminal)
    const exitCode = reportVerification(result, { ledger, key: key.text, keySource }, terminal)
    if (exitCode === exitCodes.ok && file !== null) writeKnownLog(file, { key: key.text, checkpoint: signed })
    return exitCode
  },
}
