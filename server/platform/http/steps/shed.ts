import type { Step } from '../pipeline.ts'

/** First of all, since it costs nothing: while this process is late, whole classes of requests are refused. */
export const shed: Step = {
  name: 'shed',
  run({ route }, { load }) {
    load?.admit(route.limit, route.path)
  },
}
