// Reads one simulation a line, writes the peer's answer a line. A process of its own: the peer is AGPL, and a tool of development.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(process.argv[2] + '/')
const { runSimulation } = require('@cloud-copilot/iam-simulate')

let deciding = 0
for await (const line of createInterface({ input: process.stdin })) {
  const simulation = JSON.parse(line)
  let answer
  const started = process.cpuUsage()
  try {
    const result = await runSimulation(simulation, {})
    answer = result.overallResult ?? 'refused: ' + JSON.stringify(result.errors)
  } catch (error) {
    answer = 'error: ' + error.message
  }
  const spent = process.cpuUsage(started)
  deciding += spent.user + spent.system
  console.log(JSON.stringify(answer))
}
console.error(JSON.stringify({ seconds: deciding / 1e6 }))
