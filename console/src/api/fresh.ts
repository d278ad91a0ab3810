/** Asks whoever is signed in to prove anew that it is them. @returns false where they would rather not. */
export type AskFresh = () => Promise<boolean>

let asker: AskFresh | null = null
let asked: Promise<boolean> | null = null

/** The page that can ask registers itself. @returns what takes it away again. */
export function registerAsker(ask: AskFresh): () => void {
  asker = ask
  return () => {
    if (asker === ask) asker = null
  }
}

/** Asks once for however many requests are waiting. @returns false where nobody can be asked, or declined. */
export async function proveFresh(): Promise<boolean> {
  if (asker === null) return false
  asked ??= asker().finally(() => {
    asked = null
  })
  return await asked
}

/** True while somebody is being asked: what lies behind the question must stay as it is. */
export function isAsking(): boolean {
  return asked !== null
}
