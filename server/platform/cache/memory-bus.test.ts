import { keepingLog } from '../telemetry/testing.ts'
import { busContract } from './bus-contract.ts'
import { MemoryBus } from './memory-bus.ts'

busContract('memory', false, async () => {
  const hub = new Set<MemoryBus>()
  const { log } = keepingLog()
  const buses = [new MemoryBus(log, hub), new MemoryBus(log, hub)] as const
  return {
    buses,
    async close() {
      for (const bus of buses) await bus.close()
    },
  }
})
