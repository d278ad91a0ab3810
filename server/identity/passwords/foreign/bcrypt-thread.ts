import { parentPort, workerData } from 'node:worker_threads'
import { hashSync } from 'bcryptjs'

const { password, salt } = workerData as { password: string; salt: string }
parentPort?.postMessage(hashSync(password, salt))
