import autocannon from 'autocannon'
import type { Load } from './load.ts'

// The other end of `load.ts`: whoever makes the load must not share a thread with who bears it.
process.once('message', async ({ awake = false, ...load }: Load) => {
  if (awake) stayAwake()
  const result = await autocannon(load)
  const refused = result.non2xx + result.errors
  process.send?.(
    refused > 0
      ? { failure: `${refused} of the requests were not answered by a success` }
      : { perSecond: result['2xx'] / result.duration },
    () => process.exit(),
  )
})

function stayAwake(): void {
  setImmediate(stayAwake)
}
