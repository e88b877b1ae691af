import { rmSync } from 'node:fs'
import build from './build'
import { DemoServer, templateVariable } from './demo-server'

/** Before all tests: the demonstration's data is made once; every test file gets a copy. */
export default async function prepare(): Promise<() => void> {
  build()
  const server = await DemoServer.start()
  await server.stop()
  process.env[templateVariable] = server.dataDir
  return () => rmSync(server.dataDir, { recursive: true, force: true })
}
