import type { Command } from '../command.ts'
import { exitCodes } from '../command.ts'
import { keyFor, trustedCheckpoint } from './verification.ts'
import { ledgerAt } from './verify.ts'

export const checkpoint: Command = {
  name: 'ledger checkpoint',
  operands: '[URL|FOLDER]',
  summary: 'Print the signed checkpoint: what the ledger promises to be now.',
  description: [
    'Keep it outside of the machine: with any checkpoint of the past, a ledger that was cut or rewritten is found out.',
    'It holds a size and a hash, and nothing about anybody.',
  ].join('\n'),
  count: [0, 1],
  options: { key: { value: 'VERIFIER', summary: 'Verifier key to trust, instead of the one that the ledger offers.' } },
  examples: ['custodia ledger checkpoint > checkpoint.$(date +%F)'],
  async run({ words, options, terminal }) {
    const ledger = ledgerAt(words[0], options, terminal)
    const key = await keyFor(ledger, typeof options.key === 'string' ? options.key : undefined)
    const signed = await ledger.checkpoint()
    const opened = await trustedCheckpoint(signed, key)
    if (opened === null) {
      terminal.give({ ok: false, place: ledger.place, note: signed })
      terminal.say(`The checkpoint was not signed by ${key.name}.`)
      return exitCodes.finding
    }
    const { origin, size, root } = opened
    terminal.give({ ok: true, place: ledger.place, origin, size, root: root.toBase64(), note: signed })
    terminal.say(signed.trimEnd())
    return exitCodes.ok
  },
}
