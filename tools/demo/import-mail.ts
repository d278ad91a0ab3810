import { spawn } from 'node:child_process'

/** Runs Inbox's importer; its progress bar is shown, on standard error where standard output belongs to a program. */
export function importMail(
  script: string,
  mail: string,
  environment: NodeJS.ProcessEnv,
  quiet: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, mail, '--label-folders'], {
      env: environment,
      stdio: ['ignore', quiet ? 2 : 1, 2],
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The mail in ${mail} could not be imported.`)),
    )
  })
}
