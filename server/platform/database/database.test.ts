import { databaseContract } from './database.contract.ts'
import { testServers } from './testing.ts'

for (const { name, missing } of testServers) databaseContract(name, missing)
