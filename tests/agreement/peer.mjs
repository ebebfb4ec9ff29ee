// Reads one simulation a line, writes the peer's answer a line. A process of its own: the peer is AGPL, and a tool of development.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(process.argv[2] + '/')
const { runSimulation } = require('@cloud-copilot/iam-simulate')

let nanoseconds = 0n
for await (const line of createInterface({ input: process.stdin })) {
  const simulation = JSON.parse(line)
  let answer
  const started = process.hrtime.bigint()
  try {
    const result = await runSimulation(simulation, {})
    answer = result.overallResult ?? 'refused: ' + JSON.stringify(result.errors)
  } catch (error) {
    answer = 'error: ' + error.message
  }
  nanoseconds += process.hrtime.bigint() - started
  console.log(JSON.stringify(answer))
}
console.error(JSON.stringify({ seconds: Number(nanoseconds) / 1e9 }))
