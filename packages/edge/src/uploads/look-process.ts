// The process in which a file is looked at: see `look-apart.ts`. It takes one file, answers once, and ends.

import { look } from './look.ts'
import type { Task } from './look-apart.ts'

process.once('message', (task) => {
  const { bytes, name, policy } = task as Task
  void look(bytes, name, policy).then((finding) => process.send?.(finding, () => process.exit(0)))
})
