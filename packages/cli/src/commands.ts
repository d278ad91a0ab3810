import type { Command } from './command.ts'
import { checkpoint } from './ledger/checkpoint.ts'
import { exportLedger } from './ledger/export.ts'
import { verify } from './ledger/verify.ts'
import { serverCommands } from './server-commands.ts'
import { status } from './status.ts'

/** Everything that `custodia` can do, in the order of its help. */
export const commands: readonly Command[] = [...serverCommands(), status, verify, exportLedger, checkpoint]
