// nodemailer's pooled transport, composing each message: text, HTML and headers of one reader.
//     node pooled.mjs PORT CONNECTIONS MESSAGES message.json [CA-FILE: over STARTTLS]
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { createTransport } = createRequire(import.meta.url)('nodemailer')
const [port, connections, messages] = process.argv.slice(2, 5).map(Number)
const { text, html } = JSON.parse(readFileSync(process.argv[5], 'utf8'))
const ca = process.argv[6]
const security = ca ? { requireTLS: true, tls: { ca: readFileSync(ca) } } : { ignoreTLS: true }
const transport = createTransport({
  host: 'localhost', port, secure: false, ...security,
  pool: true, maxConnections: connections, maxMessages: Infinity,
})
const begin = performance.now()
let next = 0
async function work() {
  while (next < messages) {
    const number = next++
    const name = `Reader${number}`
    await transport.sendMail({
      from: 'News <news@example.org>', to: `reader${number}@example.org`, subject: 'August 2025',
      text: text.replaceAll('{{NAME}}', name), html: html.replaceAll('{{NAME}}', name),
    })
  }
}
await Promise.all(Array.from({ length: connections * 2 }, work))
console.log((performance.now() - begin) / 1000)
transport.close()
